// The only way to files: a small set of verbs that a folder, memory and (later) a browser's file system can all
// offer. Paths are relative to the store's root, with '/' between parts.

export interface FileInfo {
  /** bytes */
  size: number
  /** milliseconds since 1970 */
  modified: number
}

export interface Store {
  /** What a person would call this place: a folder's path, or 'memory'. */
  readonly name: string
  /** Whole content. @throws UnfogError `not_found` */
  read(path: string): Promise<Uint8Array>
  /** Bytes from `offset`, at most `length` (fewer at the end). @throws UnfogError `not_found` */
  readRange(path: string, offset: number, length: number): Promise<Uint8Array>
  /** Replaces the file as a whole or not at all, and survives a power cut once it returns.
   * @throws UnfogError `disk_full` or `io`; the old file is then intact */
  write(path: string, data: Uint8Array): Promise<void>
  /** Adds to the end; makes the file if there is none. */
  append(path: string, data: Uint8Array): Promise<void>
  /** Shortens a file to its first `size` bytes. */
  truncate(path: string, size: number): Promise<void>
  /** undefined when there is no such file. */
  stat(path: string): Promise<FileInfo | undefined>
  /** Files below `folder` ('' is the root), sorted, as paths from the root. */
  list(folder: string): Promise<string[]>
  /** No error when it does not exist. */
  remove(path: string): Promise<void>
}

/** The only way to time. */
export interface Clock {
  /** milliseconds, monotonic */
  now(): number
  /** milliseconds since 1970 */
  date(): number
}

export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
}

const utf8 = new TextDecoder('utf-8')
const encoder = new TextEncoder()

export const readText = async (store: Store, path: string): Promise<string> =>
  utf8.decode(await store.read(path))

export const writeText = (store: Store, path: string, text: string): Promise<void> =>
  store.write(path, encoder.encode(text))
