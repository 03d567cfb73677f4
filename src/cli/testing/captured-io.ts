// The world outside as a test holds it: what is written stays, what is read is given, time passes only when it is slept.
import { type Io, type Output, type Stop, sleeper } from '../io.ts'

export interface Captured extends Io {
  /** everything written so far */
  readonly out: string
  readonly err: string
  stop(reason: Stop): void
}

export interface CaptureOptions {
  stdin?: string | Uint8Array
  env?: Record<string, string>
  /** is stdout a terminal? */
  tty?: boolean
  columns?: number
  rows?: number
  /** called after every write to stdout or stderr */
  onWrite?(io: Captured): void
}

export function capturedIo(options: CaptureOptions = {}): Captured {
  const { stdin = '', env = {}, tty = false, columns = 80, rows = 24, onWrite } = options
  const controller = new AbortController()
  const written = { out: '', err: '' }
  let now = 0
  const output = (name: 'out' | 'err', isTTY: boolean): Output => ({
    async write(text) {
      written[name] += text
      onWrite?.(io)
    },
    isTTY,
    columns,
    rows,
    cursor(visible) {
      written[name] += visible ? '\x1b[?25h' : '\x1b[?25l'
    },
  })
  const pause = sleeper(controller.signal)
  const io: Captured = {
    stdin: (async function* () {
      yield typeof stdin === 'string' ? new TextEncoder().encode(stdin) : stdin
    })(),
    stdout: output('out', tty),
    stderr: output('err', tty),
    env,
    clock: {
      now: () => now,
      date: () => now,
      async sleep(milliseconds) {
        now += Math.max(0, milliseconds)
        await pause(0)
      },
    },
    signal: controller.signal,
    stop: (reason) => controller.abort(reason),
    get out() {
      return written.out
    },
    get err() {
      return written.err
    },
  }
  return io
}
