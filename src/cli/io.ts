// What a command sees of the world outside: three streams, the environment, the time, and one signal that says "stop".
// Commands get it handed in, so a test can hold all of it in its hands.
import type { UnfogError } from '../error/index.ts'
import { fileError } from '../store/folder.node.ts'
import { type Clock, systemClock } from '../store/index.ts'

export interface Output {
  /** Resolves when more may be written. Never fails: whoever stops listening raises `Io.signal`. */
  write(text: string): Promise<void>
  readonly isTTY: boolean
  readonly columns: number
  readonly rows: number
  /** Shows or hides the terminal's cursor; it comes back when the process ends. */
  cursor(visible: boolean): void
}

export interface Waiting extends Clock {
  sleep(milliseconds: number): Promise<void>
}

/** Why a command should stop. */
export interface Stop {
  /** exit status that is conventional for it */
  exit: number
  /** what went wrong, where something did */
  error?: UnfogError
}

export interface Io {
  stdin: AsyncIterable<Uint8Array>
  stdout: Output
  stderr: Output
  env: Readonly<Record<string, string | undefined>>
  clock: Waiting
  /** aborted with a `Stop` as its reason */
  signal: AbortSignal
}

/** The reader of our output has gone, as `| head` does. That is no error. */
export const closedPipe: Stop = { exit: 0 }

/** Exit statuses of signals: 128 and the signal's number. */
const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/** How long a command may take to stop by itself when it has nothing to save. */
const grace = 300

/** The process itself, until `close`.
 * @param saves does the running command save what it has? Then it is waited for */
export function processIo(saves: () => boolean): Io & { close(): void } {
  const controller = new AbortController()
  const { signal } = controller
  const handlers = Object.entries(signals).map(([name, exit]) => {
    const stop = () => {
      if (signal.aborted) process.exit(exit)
      controller.abort({ exit } satisfies Stop)
      if (!saves()) setTimeout(() => process.exit(exit), grace).unref()
    }
    process.on(name, stop)
    return () => process.off(name, stop)
  })
  return {
    stdin: process.stdin,
    stdout: streamOutput(process.stdout, 'standard output', controller),
    stderr: streamOutput(process.stderr, 'standard error', controller),
    env: process.env,
    clock: { ...systemClock, sleep: sleeper(signal) },
    signal,
    close() {
      for (const remove of handlers) remove()
    },
  }
}

/** Sleeps that end early when the signal comes. */
export const sleeper =
  (signal: AbortSignal) =>
  (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted || milliseconds <= 0) return resolve()
      const wake = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, milliseconds)
      signal.addEventListener('abort', wake)
    })

function streamOutput(
  stream: NodeJS.WriteStream,
  name: string,
  controller: AbortController,
): Output {
  let hidden = false
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') {
      controller.abort(closedPipe)
    } else {
      const failure = fileError(error, name, 'write')
      controller.abort({ exit: failure.exit, error: failure } satisfies Stop)
    }
  })
  process.once('exit', () => {
    if (hidden) stream.write('\x1b[?25h')
  })
  return {
    write: (text) =>
      new Promise((resolve) => {
        if (text === '' || stream.destroyed) resolve()
        else stream.write(text, () => resolve())
      }),
    get isTTY() {
      return stream.isTTY === true
    },
    get columns() {
      return stream.columns ?? 80
    },
    get rows() {
      return stream.rows ?? 24
    },
    cursor(visible) {
      if (hidden === !visible) return
      hidden = !visible
      stream.write(visible ? '\x1b[?25h' : '\x1b[?25l')
    },
  }
}
