// unfog score: how likely a model finds a text.
import { ranges } from '../../denoise/index.ts'
import { describeScore, scoreJson } from '../../measure/index.ts'
import { documentRules } from '../../text/index.ts'
import { command } from '../command.ts'
import { deviceOptions } from '../device-options.ts'
import { formatDuration } from '../duration.ts'
import type { Io } from '../io.ts'
import { duration, numeric, oneOf, text, toggle } from '../option.ts'
import { readDocuments } from '../sources.ts'
import { lively } from '../terminal/colour.ts'
import { Screen } from '../terminal/screen.ts'

export const score = command({
  about: 'how likely a model finds a text: exactly, or as an upper bound with its error',
  argument: { name: 'file', about: 'a text file, a folder of them, or - for stdin' },
  options: {
    model: text('model', 'a bundled model, or the folder of a model or run; default tales'),
    time: duration('most time for a bound; default 30s'),
    steps: numeric(
      ranges.steps,
      'the bound of a chain of so many steps, as --policy ancestral writes in them; default of ever finer ones',
    ),
    blockLength: numeric(
      ranges.blockLength,
      'tokens of a block, of a model that has learnt several lengths; default its usual one',
    ),
    seed: numeric(ranges.seed, 'which noise a bound is measured with; default 0'),
    documents: oneOf(
      Object.keys(documentRules) as (keyof typeof documentRules)[],
      'what one document is',
      { value: 'rule', otherwise: 'as the model was trained' },
    ),
    json: toggle('one JSON: nats, stderr, natsPerChar, exact, noise, block, steps, samples'),
    ...deviceOptions,
  },
  examples: [
    'unfog score story.txt',
    'unfog score - --model runs/story --time 2m --json < story.txt',
  ],
  async run(
    { model: name = 'tales', time = 30, seed = 0, json, documents: asked, ...how },
    io,
    file,
  ) {
    const { device, threads, steps, blockLength } = how
    const { loadModel } = await import('../../index.ts')
    const model = await loadModel(name, { device, threads })
    try {
      const mode = asked ?? model.config.text.documents
      const { texts, documents } = await readDocuments(file, io, mode)
      const progress = progressLine(io, time)
      const started = io.clock.now()
      const found = await model
        .score(texts, {
          seconds: time,
          seed,
          steps,
          blockLength,
          signal: io.signal,
          onProgress: ({ nats, stderr }, samples) =>
            progress.show(nats, stderr, samples, (io.clock.now() - started) / 1000),
        })
        .finally(() => progress.end())
      const lines = json
        ? [JSON.stringify(scoreJson(found))]
        : [`${texts.length} documents (${documents}), model ${name}`, ...describeScore(found)]
      await io.stdout.write(`${lines.join('\n')}\n`)
    } finally {
      await model.dispose()
    }
    return undefined
  },
})

/** The estimate as it settles, on stderr; a terminal sees it move, a file gets a line now and then. */
function progressLine(io: Io, time: number) {
  const screen = lively(io.stderr, io.env) ? new Screen(io.stderr) : undefined
  let next = 5
  return {
    show(nats: number, stderr: number, samples: number, seconds: number) {
      const error = Number.isFinite(stderr) ? ` ± ${((100 * stderr) / nats).toFixed(2)} %` : ''
      const line = `nats ≤ ${nats.toFixed(1)}${error}, ${samples} noisy texts, ${formatDuration(seconds)} of ${formatDuration(time)}`
      if (screen) void screen.paint([line])
      else if (seconds >= next) {
        next = seconds + 5
        void io.stderr.write(`${line}\n`)
      }
    },
    async end() {
      await screen?.paint([])
      screen?.end()
    },
  }
}
