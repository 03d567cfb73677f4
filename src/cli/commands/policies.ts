// unfog policies: in which orders the fog can lift.
import { policies as table } from '../../denoise/index.ts'
import { command } from '../command.ts'
import { listing } from '../listing.ts'
import { flagOf, toggle } from '../option.ts'

export const policies = command({
  about: 'list the orders in which the fog can lift',
  options: { json: toggle('one JSON a line') },
  examples: ['unfog policies'],
  async run({ json }, io) {
    const rows = Object.entries(table).map(([name, { about, source, takes, causal }]) => ({
      name,
      about,
      takes: takes.filter((option) => option !== 'survival').map((option) => flagOf(option)),
      causal,
      source,
    }))
    const lines = json
      ? rows.map((row) => `${JSON.stringify(row)}\n`).join('')
      : listing(
          rows.map(({ name, about, takes, source }) => [
            name,
            `${about}${takes.length > 0 ? `; takes ${takes.join(', ')}` : ''} (${source})`,
          ]),
          io.stdout.columns,
        )
    await io.stdout.write(lines)
    return undefined
  },
})
