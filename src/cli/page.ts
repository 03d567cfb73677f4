// A command that serves a page: says where it is, and waits until somebody has seen enough.
import type { Io } from './io.ts'
import { paletteFor } from './terminal/colour.ts'

/** @param about what one can do there */
export function invitation(url: string, about: string, io: Io): string {
  const { paint } = paletteFor(io.stdout, io.env)
  return `\n${paint(url, { bold: true })}  ${about}\n`
}

export const stopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
