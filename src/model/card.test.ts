import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { type CardFacts, modelCard } from './card.ts'
import type { ModelConfig } from './config.ts'

const config: ModelConfig = {
  unfog: 1,
  name: 'tales',
  architecture: {
    vocabSize: 700,
    width: 160,
    layers: 6,
    heads: 5,
    kvHeads: 5,
    headSize: 32,
    hidden: 448,
    activation: 'swiglu',
    norm: 'rms',
    normWeight: false,
    normEps: 1e-5,
    qkNorm: 'gain',
    ropeTheta: 10000,
    biases: false,
    tiedHead: true,
    attention: 'full',
    context: 128,
  },
  shift: true,
  noise: { process: 'masked', schedule: 'linear' },
  text: {
    documents: 'line',
    exactLength: true,
    lengths: { counts: { 40: 1 } },
    labels: [{ name: 'style', values: ['plain', 'dialogue'] }],
    world: 'full',
  },
  weights: { dtype: 'bf16' },
  training: { tokens: 30_000_000, rate: 0.001, warmStart: { tokens: 3_000_000 } },
}
const facts: CardFacts = {
  data: 'TinyTales, world `full`: tales told by the teller of unfog, no two runs alike.',
  parameters: 1_934_720,
  figures: [
    { what: 'tales accepted', value: '91.2 % of 1,000', command: 'npx unfog tales --check FILE' },
    { what: 'bound', value: '52.3 ± 0.2 nats a tale' },
  ],
  model: 'tales',
  prompt: 'Once upon a time',
  samples: ['Lily had a red kite.\nShe lost it.'],
  license: 'Apache-2.0',
  language: 'en',
}

test('a card, as it reads', () => {
  expect(modelCard(config, facts)).toBe(`---
license: apache-2.0
language:
  - en
library_name: unfog
pipeline_tag: text-generation
model_name: tales
tags:
  - unfog
  - text-generation
  - masked-language-model
  - tinytales
---

# tales

A masked language model of 1.9 million parameters, stored as bf16, trained by unfog. It reads a text in both directions and fills in what is hidden, many words at once: text starts as fog and sharpens.

## Data

TinyTales, world \`full\`: tales told by the teller of unfog, no two runs alike.

A line is one document. A canvas is exactly one document, and its length is drawn from the lengths of the data, at most 128 tokens.

A text may be asked for by label:

- \`style\`: \`plain\`, \`dialogue\`

## Network

| option | value |
| --- | --- |
| layers × width | 6 × 160 |
| heads | 5 of 32 |
| feed-forward | 448, swiglu |
| norm | rms, without weights; queries and keys: gain |
| vocabulary | 700, head tied to the embedding |
| context | 128 tokens |
| attention | full |
| noise | masked, linear schedule |
| prediction | of the next position |

## Recipe

| option | value |
| --- | --- |
| tokens | 30000000 |
| rate | 0.001 |
| warmStart | {"tokens":3000000} |

## Figures

All are of the stored weights.

| figure | value | measured by |
| --- | --- | --- |
| tales accepted | 91.2 % of 1,000 | \`npx unfog tales --check FILE\` |
| bound | 52.3 ± 0.2 nats a tale |  |

## Samples

Not chosen.

> Lily had a red kite.
> She lost it.

## Use

\`\`\`sh
npx unfog generate --model tales --prompt 'Once upon a time' --watch
npx unfog generate --model tales --prompt 'Once upon a time' --style plain
npx unfog score FILE --model tales
\`\`\`

\`\`\`ts
import { loadModel } from 'unfog'

const model = await loadModel('tales')
const { text } = await model.complete({ prompt: 'Once upon a time', seed: 7 })
console.log(text)
await model.dispose()
\`\`\`

## Licence

Apache-2.0.
`)
})

test('what is not known is left out', () => {
  const bare = modelCard(
    {
      ...config,
      architecture: { ...config.architecture, attention: 'causal' },
      noise: { process: 'autoregressive', schedule: 'linear' },
      text: { documents: 'file', exactLength: false, labels: [] },
      training: undefined,
    },
    { data: 'A book.', parameters: 1200, figures: [], model: 'runs/book' },
  )
  expect(bare).not.toMatch(/^license:|^language:|## Recipe|## Figures|## Samples|label|undefined/m)
  expect(bare).toContain('of 1200 parameters')
  expect(bare).toContain('An autoregressive language model')
  expect(bare).toContain('from left to right')
  expect(bare).toContain('A file is one document. A canvas is a window of one document')
  expect(bare).toContain('has not chosen one')
  expect(bare).toContain('model.complete({ seed: 7 })')
})

test('names and prompts with marks of their own do not break the card', () => {
  const prompt = `It's a "fog", \\ isn't it? $HOME \`id\` | x`
  const text = { ...config.text, labels: [{ name: 'who', values: ["Li'l | Lily"] }] }
  const card = modelCard(
    { ...config, name: 'a: b\n---\n# c', text, training: { 'a|b': 'c\nd' } },
    { ...facts, prompt, model: 'my models/it', language: 'no' },
  )
  expect(card.match(/^---$/gm)).toHaveLength(2)
  expect(card.match(/^# .*$/gm)).toEqual(['# a: b --- # c'])
  expect(card).toContain('model_name: "a: b\\n---\\n# c"')
  expect(card).toContain('language:\n  - "no"')
  expect(card).toContain('| a\\|b | c d |')

  const [, command] = card.match(/generate (.*) --watch/)!
  const words = execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' })
  expect(words.split('\n')).toEqual(['--model', 'my models/it', '--prompt', prompt, ''])
  const [, literal] = card.match(/prompt: (.*), seed/)!
  expect(new Function(`return ${literal}`)()).toBe(prompt)
})

test('of a model that has learnt to read says so', () => {
  const said = ' It has also learnt to read from left to right, and proofreads what it writes.'
  expect(modelCard({ ...config, reads: true }, facts)).toContain(`and sharpens.${said}`)
  expect(modelCard(config, facts)).not.toContain(said)
})
