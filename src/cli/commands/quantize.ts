// unfog quantize: a model in fewer bits, and what that costs.

import type { QuantiseReport } from '../../index.ts'
import { type Scope, scopes } from '../../model/quantise.ts'
import { command } from '../command.ts'
import { deviceOptions } from '../device-options.ts'
import { listing } from '../listing.ts'
import { misuse, numeric, oneOf, text, toggle, wholeFrom } from '../option.ts'
import { readDocuments } from '../sources.ts'

export const quantize = command({
  about: 'a copy of a model in fewer bits, and what that does to it',
  argument: { name: 'model', about: 'a bundled model, or the folder of a model or run' },
  options: {
    out: text('folder', 'where the copy goes'),
    dtype: oneOf(['int8', 'int4'], 'int8 for speed, int4 for memory', { otherwise: 'int8' }),
    which: oneOf(Object.keys(scopes) as Scope[], 'which matrices: those that gain speed, or all', {
      otherwise: 'large',
    }),
    text: text('file', 'what both are compared on; default fresh tales, or what the model writes'),
    tales: numeric(wholeFrom(0), 'tales that each writes for the pass rate; default 200'),
    json: toggle('one JSON: logitError, argmaxAgreement, passRate, milliseconds, bytes'),
    ...deviceOptions,
  },
  examples: [
    'unfog quantize tales --out runs/tales-int8 --which all',
    'unfog quantize runs/story --out runs/story-int4 --dtype int4 --which all --json',
  ],
  async run({ out, text: file, json, tales, ...asked }, io, model) {
    if (!out) throw misuse('--out', 'a copy needs a place: give --out FOLDER')
    const { quantize } = await import('../../index.ts')
    const texts = file === undefined ? undefined : (await readDocuments(file, io)).texts
    const report = await quantize(model, { ...asked, out, tales, texts })
    await io.stdout.write(json ? `${JSON.stringify(report)}\n` : `${described(report)}in ${out}\n`)
    return undefined
  },
})

const percent = (part: number) => `${(100 * part).toFixed(2)} %`
const size = (bytes: number) => `${(bytes / 2 ** 20).toFixed(2)} MiB`
const time = (milliseconds: number) => `${milliseconds.toFixed(1)} ms`

function described(report: QuantiseReport): string {
  const { milliseconds, memoryBytes, fileBytes, passRate } = report
  return listing([
    ['', 'before', 'after', ''],
    ['weights in memory', size(memoryBytes.before), size(memoryBytes.after), ''],
    ['weights on disk', size(fileBytes.before), size(fileBytes.after), ''],
    [
      'a forward over 256 rows',
      time(milliseconds.before),
      time(milliseconds.after),
      `${(milliseconds.before / milliseconds.after).toFixed(2)}x`,
    ],
    ...(passRate
      ? [
          [
            'tales accepted',
            percent(passRate.before),
            percent(passRate.after),
            `of ${passRate.tales}`,
          ],
        ]
      : []),
    ['likeliest token agrees', '', percent(report.argmaxAgreement), `of ${report.rows} rows`],
    ['logit error', '', percent(report.logitError), "of the logits' deviation"],
  ])
}
