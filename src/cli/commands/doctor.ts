// unfog doctor: does everything work here? Each check is a row; what is not well says what to do.
import { command } from '../command.ts'
import { type Check, checks, type Finding } from '../doctor-checks.ts'
import type { Io } from '../io.ts'
import { toggle } from '../option.ts'
import { fogColour, paletteFor, wordColour } from '../terminal/colour.ts'

/** How a finding looks, and whether anything is wrong with it. */
const marks = {
  ok: { sign: '✓', colour: wordColour(1) },
  note: { sign: '·', colour: fogColour(1) },
  bad: { sign: '✗', colour: wordColour(0) },
} as const

export const doctor = command({
  about: 'see whether everything works on this machine, and how fast',
  options: { json: toggle('one JSON a line: check, state, says') },
  examples: ['unfog doctor'],
  async run({ json }, io) {
    const palette = paletteFor(io.stdout, io.env)
    const width = Math.max(...Object.keys(checks).map((name) => name.length))
    let bad = 0
    for (const [name, check] of Object.entries(checks)) {
      if (io.signal.aborted) return undefined
      for (const { state, says } of await found(check, io)) {
        if (state === 'bad') bad++
        const { sign, colour } = marks[state]
        await io.stdout.write(
          json
            ? `${JSON.stringify({ check: name, state, says })}\n`
            : `${palette.paint(sign, { colour, bold: true })} ${name.padEnd(width)}  ${says}\n`,
        )
      }
    }
    return bad > 0 ? 1 : 0
  },
})

/** A check that breaks has found something. */
async function found(check: Check, io: Io): Promise<Finding[]> {
  try {
    return await check(io)
  } catch (error) {
    return [{ state: 'bad', says: (error as Error).message }]
  }
}
