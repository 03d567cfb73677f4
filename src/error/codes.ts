// The one table of what can go wrong. A row says how the failure leaves the process (exit status) and a
// server (HTTP status), and what the documentation says about it. Nothing else maps codes to anything.

export interface ErrorKind {
  /** Exit status of the command line: 1 failure, 2 wrong usage. */
  exit: 1 | 2
  /** HTTP status of a server. */
  http: number
  /** One paragraph for docs/errors.md: why it happens, what to do. */
  doc: string
  /** Seconds after which a server may be asked again. */
  retryAfter?: number
}

export const codes = {
  usage: {
    exit: 2,
    http: 400,
    doc: 'A flag, argument or option does not exist, is missing, or has a value outside its range.',
  },
  bad_input: {
    exit: 1,
    http: 400,
    doc: 'The data given cannot be used: empty, not text, not what the command expects.',
  },
  bad_time: { exit: 1, http: 400, doc: 'A noise time lies outside (0, 1].' },
  bad_shape: { exit: 1, http: 400, doc: 'Tensor shapes do not fit the operation.' },
  context_length: {
    exit: 2,
    http: 400,
    doc: 'The text asked for is longer than the model was trained on.',
  },
  not_found: { exit: 1, http: 404, doc: 'A file, folder or model of that name does not exist.' },
  bad_model: { exit: 1, http: 400, doc: 'A model folder is damaged, incomplete or inconsistent.' },
  bad_tokenizer: {
    exit: 1,
    http: 400,
    doc: 'A tokenizer file is damaged or uses something unfog does not know.',
  },
  bad_run: {
    exit: 1,
    http: 409,
    doc: 'A training run cannot be resumed: other flags, other data, or a damaged checkpoint.',
  },
  busy: { exit: 1, http: 409, doc: 'Somebody else is using this run folder or port.' },
  disk_full: {
    exit: 1,
    http: 507,
    doc: 'There is no room left to write. The last checkpoint is intact.',
  },
  io: { exit: 1, http: 500, doc: 'The operating system refused to read or write.' },
  diverged: {
    exit: 1,
    http: 500,
    doc: 'Training produced numbers that are not finite, or its loss exploded, and half the learning rate, three times over, did not help.',
  },
  aborted: { exit: 1, http: 499, doc: 'The caller stopped the work.' },
  forbidden: {
    exit: 1,
    http: 403,
    doc: 'The page is served to this machine alone: the request came under another name or from another site.',
  },
  overloaded: {
    exit: 1,
    http: 503,
    retryAfter: 3,
    doc: 'The server is writing as many texts as it can and enough are waiting. Ask again in a few seconds.',
  },
  unsupported: { exit: 1, http: 501, doc: 'This machine or build cannot do what was asked.' },
  internal: {
    exit: 1,
    http: 500,
    doc: 'A bug in unfog. Please report it with the command that shows it.',
  },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof codes
