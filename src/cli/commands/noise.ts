// unfog noise: how text can be corrupted, and how fast.
import { noises, schedules } from '../../noise/index.ts'
import { command } from '../command.ts'
import { listing } from '../listing.ts'
import { toggle } from '../option.ts'

export const noise = command({
  about: 'list the noise processes and schedules',
  options: { json: toggle('one JSON a line') },
  examples: ['unfog noise'],
  async run({ json }, io) {
    const rows = [
      ...Object.entries(noises).map(([name, { about, source }]) => ({
        kind: 'process',
        name,
        about,
        source,
      })),
      ...Object.entries(schedules).map(([name, { about }]) => ({ kind: 'schedule', name, about })),
    ]
    const lines = json
      ? rows.map((row) => `${JSON.stringify(row)}\n`).join('')
      : listing(
          rows.map((row) => [
            row.kind,
            row.name,
            'source' in row ? `${row.about} (${row.source})` : row.about,
          ]),
          io.stdout.columns,
        )
    await io.stdout.write(lines)
    return undefined
  },
})
