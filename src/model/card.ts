// README.md of a model folder: what Hugging Face calls a model card. Front matter for machines, then data, recipe,
// figures, use and licence for people. All of it is made from the config and the figures given; nothing is invented,
// and what is not known is left out.
import type { ModelConfig } from './config.ts'

export interface CardFacts {
  /** sentences about the training data: what it is, where it comes from, how much of it */
  readonly data: string
  /** parameters of the network */
  readonly parameters: number
  /** what was measured, with the stored weights */
  readonly figures: readonly Figure[]
  /** what somebody types after --model, and what loadModel is given: a bundled name or a folder */
  readonly model: string
  /** a beginning to try it with */
  readonly prompt?: string
  /** texts it wrote, unchosen */
  readonly samples?: readonly string[]
  /** SPDX identifier, such as Apache-2.0; without it the card says that none was chosen */
  readonly license?: string
  /** ISO 639 code */
  readonly language?: string
}

export interface Figure {
  readonly what: string
  /** with its unit and, where there is one, its error */
  readonly value: string
  /** the command that measures it again */
  readonly command?: string
}

/** README.md of a model folder. */
export function modelCard(config: ModelConfig, facts: CardFacts): string {
  const sections = [
    frontMatter(config, facts),
    `# ${inline(config.name)}\n\n${summary(config, facts)}`,
    `## Data\n\n${facts.data}\n\n${documents(config)}`,
    `## Network\n\n${network(config)}`,
    recipe(config),
    figures(facts),
    samples(facts),
    use(config, facts),
    `## Licence\n\n${licence(facts)}`,
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

function frontMatter({ name, noise, text }: ModelConfig, facts: CardFacts): string {
  const tags = ['unfog', 'text-generation', `${noise.process}-language-model`]
  if (text.world) tags.push('tinytales')
  const lines = [
    ...(facts.license ? [`license: ${yaml(facts.license.toLowerCase())}`] : []),
    ...(facts.language ? ['language:', `  - ${yaml(facts.language)}`] : []),
    'library_name: unfog',
    'pipeline_tag: text-generation',
    `model_name: ${yaml(name)}`,
    'tags:',
    ...tags.map((tag) => `  - ${yaml(tag)}`),
  ]
  return `---\n${lines.join('\n')}\n---`
}

function summary(config: ModelConfig, facts: CardFacts): string {
  const { architecture, noise, reads, weights } = config
  const lengths = blocksOf(config)
  const reading = {
    full: 'It reads a text in both directions and fills in what is hidden, many words at once: text starts as fog and sharpens.',
    causal: 'It reads a text from left to right and predicts the next token.',
    block: `It writes blocks of ${lengths} tokens from left to right: each starts as fog and sharpens, and sees the finished ones before it.`,
  }[architecture.attention]
  const kind = `${/^[aeiou]/.test(noise.process) ? 'An' : 'A'} ${noise.process} language model`
  const size = `${compact(facts.parameters)} parameters, stored as ${weights.dtype}`
  const reader = reads
    ? ' It has also learnt to read from left to right, and proofreads what it writes.'
    : ''
  return `${kind} of ${size}, trained by unfog. ${reading}${reader}`
}

function documents({ architecture, text }: ModelConfig): string {
  const unit = {
    line: 'A line',
    'blank-line': 'A passage between blank lines',
    file: 'A file',
    record: 'A record',
  }
  const canvas = text.exactLength
    ? ' A canvas is exactly one document, and its length is drawn from the lengths of the data'
    : ' A canvas is a window of one document, or a shorter document'
  const labels = text.labels
    .map(({ name, values }) => `\n- \`${name}\`: ${sampleOf(values)}`)
    .join('')
  const labelled = labels && `\n\nA text may be asked for by label:\n${labels}`
  const document = text.template
    ? 'An answer, and all that was said before it,'
    : unit[text.documents]
  const spoken = text.template
    ? ' Each turn begins with a token that says whose it is; only answers were learnt.'
    : ''
  return `${document} is one document.${spoken}${canvas}, at most ${architecture.context} tokens.${labelled}`
}

/** The lengths of its blocks, as words. */
const blocksOf = ({ architecture, blockLengths = [] }: ModelConfig): string =>
  blockLengths.length > 1
    ? `${blockLengths.slice(0, -1).join(', ')} or ${blockLengths.at(-1)}`
    : `${architecture.blocks?.length}`

function network(config: ModelConfig): string {
  const { architecture: a, noise, shift } = config
  const shared = a.kvHeads === a.heads ? '' : `, ${a.kvHeads} for keys and values`
  return table(
    ['option', 'value'],
    [
      ['layers × width', `${a.layers} × ${a.width}`],
      ['heads', `${a.heads} of ${a.headSize}${shared}`],
      ['feed-forward', `${a.hidden}, ${a.activation}`],
      [
        'norm',
        `${a.norm}${a.normWeight ? '' : ', without weights'}; queries and keys: ${a.qkNorm}`,
      ],
      ['vocabulary', `${a.vocabSize}${a.tiedHead ? ', head tied to the embedding' : ''}`],
      ['context', `${a.context} tokens`],
      ['attention', a.blocks ? `in blocks of ${blocksOf(config)}` : a.attention],
      ['noise', `${noise.process}, ${noise.schedule} schedule`],
      ...(noise.pieces ? [['words vanish', `in ${noise.pieces.count} pieces`]] : []),
      ...(noise.expands === undefined
        ? []
        : [
            [
              'a mask is',
              `one word, or with a chance of ${noise.expands} two masks, or as often none`,
            ],
          ]),
      ['prediction', shift ? 'of the next position' : 'of the same position'],
    ],
  )
}

function recipe({ training = {} }: ModelConfig): string {
  const rows = Object.entries(training).map(([name, value]) => [
    name,
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  ])
  return rows.length === 0 ? '' : `## Recipe\n\n${table(['option', 'value'], rows)}`
}

function figures({ figures }: CardFacts): string {
  if (figures.length === 0) return ''
  const withCommand = figures.some(({ command }) => command !== undefined)
  const rows = figures.map(({ what, value, command }) => [
    what,
    value,
    ...(withCommand ? [command === undefined ? '' : code(command)] : []),
  ])
  const head = ['figure', 'value', ...(withCommand ? ['measured by'] : [])]
  return `## Figures\n\nAll are of the stored weights.\n\n${table(head, rows)}`
}

function samples({ samples = [] }: CardFacts): string {
  if (samples.length === 0) return ''
  const quotes = samples.map((text) => `> ${text.trimEnd().replaceAll('\n', '\n> ')}`)
  return `## Samples\n\nNot chosen.\n\n${quotes.join('\n\n')}`
}

function use({ text }: ModelConfig, { model, prompt }: CardFacts): string {
  const label = text.labels[0]
  const flags = [
    `--model ${shell(model)}`,
    ...(prompt === undefined ? [] : [`--prompt ${shell(prompt)}`]),
  ].join(' ')
  const commands = [
    `npx unfog generate ${flags} --watch`,
    ...(label ? [`npx unfog generate ${flags} --${label.name} ${shell(label.values[0])}`] : []),
    `npx unfog score FILE --model ${shell(model)}`,
  ]
  const request = prompt === undefined ? '{ seed: 7 }' : `{ prompt: ${quote(prompt)}, seed: 7 }`
  const typescript = `import { loadModel } from 'unfog'

const model = await loadModel(${quote(model)})
const { text } = await model.complete(${request})
console.log(text)
await model.dispose()`
  return `## Use\n\n\`\`\`sh\n${commands.join('\n')}\n\`\`\`\n\n\`\`\`ts\n${typescript}\n\`\`\``
}

const licence = ({ license }: CardFacts) =>
  license === undefined ? 'Whoever trained this model has not chosen one.' : `${license}.`

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(inline).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Names and values come from files and flags: none may end a table's cell, a line or a heading. */
const inline = (text: string) => text.replace(/\s+/g, ' ').replaceAll('|', '\\|')
const code = (text: string) => `\`${text.replaceAll('`', "'")}\``
/** A JSON string is a YAML string. Plain words go without quotes, save those that YAML takes for something else:
 * Norwegian is "no". */
const yaml = (text: string) =>
  /^[a-z][\w.+-]*$/i.test(text) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(text)
    ? text
    : JSON.stringify(text)
const shell = (text: string) =>
  /^[\w./@:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
const quote = (text: string) =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`

function sampleOf(values: readonly string[]): string {
  const shown = values.slice(0, 12).map(code).join(', ')
  return values.length > 12 ? `${shown} and ${values.length - 12} more` : shown
}

function compact(count: number): string {
  if (count < 1e4) return String(count)
  return count < 1e6
    ? `${(count / 1e3).toFixed(0)} thousand`
    : `${(count / 1e6).toFixed(1)} million`
}
