// A few lines at the bottom of the terminal that are painted again and again in place.
import type { Output } from '../io.ts'

/** Tells the terminal to show what is between as one picture, where it knows how. */
const together = { begin: '\x1b[?2026h', end: '\x1b[?2026l' }

export class Screen {
  private readonly output: Output
  private height = 0

  constructor(output: Output) {
    this.output = output
  }

  /** Replaces what was painted before. Lines must fit the terminal's width. */
  async paint(lines: readonly string[]): Promise<void> {
    const shown = lines.slice(-Math.max(1, this.output.rows - 1))
    this.output.cursor(false)
    const text = shown.map((line) => `\x1b[2K${line}\n`).join('')
    const back = this.back()
    // known before anything is waited for: the next picture may be asked for meanwhile
    this.height = shown.length
    await this.output.write(`${together.begin}${back}${text}\x1b[J${together.end}`)
  }

  /** Writes lines that stay, above what is painted. */
  async print(text: string): Promise<void> {
    const back = this.back()
    this.height = 0
    await this.output.write(`${back}\x1b[J${text}`)
  }

  /** What is painted stays, and the cursor comes back. */
  end(): void {
    this.height = 0
    this.output.cursor(true)
  }

  private back(): string {
    return this.height > 0 ? `\x1b[${this.height}A\r` : ''
  }
}
