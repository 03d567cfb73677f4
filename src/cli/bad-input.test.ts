// Everything a person can get wrong, in one table: each ends in one sentence that names what is wrong, with the right
// exit status, nothing on stdout, and nothing half-written.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeTinyModel } from './testing/model-folder.ts'
import { type Ran, unfog } from './testing/unfog.ts'

interface Case {
  what: string
  argv: readonly string[]
  exit: 1 | 2
  /** what the sentence must name */
  says: RegExp
  stdin?: string | Uint8Array
}

const place = mkdtempSync(join(tmpdir(), 'unfog-bad-'))
const at = (path: string): string => join(place, path)
const story = 'The fog was thick. The lamp was lit. A dog ran home.\n'.repeat(40)
const notUtf8 = Uint8Array.of(0x66, 0x6f, 0x67, 0xff, 0xfe, 0x0a)
let server: Server
let port = 0

beforeAll(async () => {
  writeFileSync(at('story.txt'), story)
  writeFileSync(at('other.txt'), story.toUpperCase())
  writeFileSync(at('empty.txt'), '')
  writeFileSync(at('blank.txt'), ' \n\n ')
  writeFileSync(at('binary.txt'), Uint8Array.of(0x7f, 0x45, 0, 0, 1))
  writeFileSync(at('latin.txt'), notUtf8)
  writeFileSync(at('wrong.jsonl'), '{"text":"One."}\n{"text":\n')
  mkdirSync(at('folder'))
  await writeTinyModel(at('model'), { world: 'small' })
  await writeTinyModel(at('plain'))
  await writeTinyModel(at('causal'), { causal: true })
  const broken = (name: string, spoil: (folder: string) => void) => {
    cpSync(at('plain'), at(name), { recursive: true })
    spoil(at(name))
  }
  broken('cut', (folder) => truncateSync(join(folder, 'model.safetensors'), 5000))
  broken('no-json', (folder) => writeFileSync(join(folder, 'config.json'), '{"unfog": 1,'))
  broken('part', (folder) => rmSync(join(folder, 'tokenizer.json')))
  broken('odd', (folder) => {
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))
    config.architecture.heads = -3
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  })
  broken('strange', (folder) => cpSync(at('model/tokenizer.json'), join(folder, 'tokenizer.json')))
  const trained = await unfog([
    ...['train', at('story.txt'), '--out', at('run'), '--tokens', '2k', '--params', '10k'],
  ])
  expect(trained).toMatchObject({ exit: 0, err: '' })
  cpSync(at('run'), at('spoilt'), { recursive: true })
  writeFileSync(at('spoilt/run.json'), '{"unfog":')
  mkdirSync(at('taken'))
  writeFileSync(at('taken/lock'), String(process.pid))
  server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as { port: number }).port
})
afterAll(() => {
  server.close()
  rmSync(place, { recursive: true, force: true })
})

const generate = (...words: string[]) => ['generate', '--model', at('plain'), ...words]
const labelled = (...words: string[]) => ['generate', '--model', at('model'), ...words]
const train = (data: string, ...words: string[]) => [
  ...['train', data.includes(':') ? data : at(data), '--out', at('out'), '--tokens', '2k'],
  ...words,
]
const again = (data: string, ...words: string[]) => [
  ...['train', at(data), '--out', at('run'), '--tokens', '2k', '--params', '10k', ...words],
]

const cases: readonly Case[] = [
  { what: 'a command that is not there', argv: ['dance'], exit: 2, says: /command dance/ },
  { what: 'a mistyped command', argv: ['trian'], exit: 2, says: /did you mean train\?/ },
  { what: 'an unknown flag', argv: generate('--wobble'), exit: 2, says: /option --wobble/ },
  {
    what: 'a mistyped flag',
    argv: generate('--promt', 'a'),
    exit: 2,
    says: /did you mean --prompt/,
  },
  {
    what: 'a flag without its value',
    argv: generate('--prompt'),
    exit: 2,
    says: /--prompt <text> needs/,
  },
  { what: 'a missing argument', argv: ['score'], exit: 2, says: /<file> is missing/ },
  { what: 'a text without quotes', argv: generate('Once', 'upon'), exit: 2, says: /quote a text/ },
  { what: 'no steps', argv: generate('--steps', '0'), exit: 2, says: /--steps 0/ },
  {
    what: 'temperature NaN',
    argv: generate('--temperature', 'NaN'),
    exit: 2,
    says: /--temperature NaN/,
  },
  {
    what: 'an empty number',
    argv: generate('--temperature', ''),
    exit: 2,
    says: /--temperature ''/,
  },
  { what: 'top-p above 1', argv: generate('--top-p', '1.5'), exit: 2, says: /--top-p 1\.5/ },
  { what: 'a negative count', argv: generate('--count', '-1'), exit: 2, says: /--count -1/ },
  { what: 'half a text', argv: generate('--count', '2.5'), exit: 2, says: /--count 2\.5/ },
  { what: 'a negative seed', argv: generate('--seed', '-7'), exit: 2, says: /--seed -7/ },
  { what: 'a seed too large', argv: generate('--seed', '1e300'), exit: 2, says: /--seed 1e300/ },
  { what: 'no threads', argv: generate('--threads', '0'), exit: 2, says: /--threads 0/ },
  {
    what: 'an unknown policy',
    argv: generate('--policy', 'chaos'),
    exit: 2,
    says: /--policy chaos.*confidence/,
  },
  {
    what: 'a policy that takes no steps',
    argv: generate('--policy', 'left-to-right', '--steps', '3'),
    exit: 2,
    says: /takes no --steps/,
  },
  {
    what: 'a policy the model cannot',
    argv: ['generate', '--model', at('causal'), '--policy', 'confidence'],
    exit: 2,
    says: /left-to-right/,
  },
  {
    what: 'a length beyond the context',
    argv: generate('--length', '1000'),
    exit: 2,
    says: /--length 1000.*--length \d+/,
  },
  {
    what: 'a prompt too long',
    argv: generate('--prompt', 'a'.repeat(400)),
    exit: 2,
    says: /400 tokens/,
  },
  {
    what: 'a prompt longer than the text',
    argv: generate('--prompt', 'abcdef', '--length', '3'),
    exit: 2,
    says: /--length 7/,
  },
  { what: 'a gap of no tokens', argv: generate('--infill', 'a [0] b'), exit: 2, says: /\[0\]/ },
  {
    what: 'a gap that is no number',
    argv: generate('--infill', 'a [two] b'),
    exit: 2,
    says: /\[two\]/,
  },
  {
    what: 'a bracket left open',
    argv: generate('--infill', 'a [2 b'),
    exit: 2,
    says: /not closed/,
  },
  {
    what: 'infill and prompt',
    argv: generate('--infill', 'a [2]', '--prompt', 'a'),
    exit: 2,
    says: /--prompt and --infill/,
  },
  {
    what: 'matrices that are all too small to gain speed',
    argv: ['quantize', at('plain'), '--out', at('fewer')],
    exit: 2,
    says: /no matrix of this model has 131072 numbers or more, so --which large changes nothing: use --which all/,
  },
  {
    what: 'a gap for a model that reads to the left',
    argv: ['generate', '--model', at('causal'), '--infill', '[2] b'],
    exit: 2,
    says: /only what stands to the left/,
  },
  { what: 'an unknown style', argv: labelled('--style', 'opera'), exit: 2, says: /--style opera/ },
  {
    what: 'an unknown person',
    argv: labelled('--who', 'Sherlock'),
    exit: 2,
    says: /--who Sherlock/,
  },
  {
    what: 'a range that is none',
    argv: labelled('--words', 'many'),
    exit: 2,
    says: /--words many.*40-60/,
  },
  {
    what: 'a label for a model without',
    argv: generate('--style', 'plain'),
    exit: 2,
    says: /no label style/,
  },
  {
    what: 'no model there',
    argv: ['generate', '--model', at('nowhere')],
    exit: 1,
    says: /nowhere is not a model folder/,
  },
  {
    what: 'a file for a model',
    argv: ['generate', '--model', at('story.txt')],
    exit: 1,
    says: /story\.txt/,
  },
  {
    what: 'weights cut off',
    argv: ['generate', '--model', at('cut')],
    exit: 1,
    says: /cut\/model\.safetensors/,
  },
  {
    what: 'a config that is no JSON',
    argv: ['generate', '--model', at('no-json')],
    exit: 1,
    says: /config\.json is not valid JSON/,
  },
  {
    what: 'a config with a wrong value',
    argv: ['score', at('story.txt'), '--model', at('odd')],
    exit: 1,
    says: /architecture\.heads is -3/,
  },
  {
    what: "another model's words",
    argv: ['generate', '--model', at('strange')],
    exit: 1,
    says: /tokenizer\.json has \d+ ids, but the network has \d+/,
  },
  {
    what: 'half a model',
    argv: ['generate', '--model', at('part')],
    exit: 1,
    says: /lacks tokenizer\.json/,
  },
  { what: 'no data there', argv: train('nothing.txt'), exit: 1, says: /nothing\.txt/ },
  { what: 'an empty file', argv: train('empty.txt'), exit: 1, says: /empty\.txt is empty/ },
  { what: 'a file of blanks', argv: train('blank.txt'), exit: 1, says: /4 tokens.*at least 20/ },
  {
    what: 'a binary file',
    argv: train('binary.txt'),
    exit: 1,
    says: /binary\.txt is not UTF-8 text/,
  },
  {
    what: 'text in another encoding',
    argv: train('latin.txt'),
    exit: 1,
    says: /latin\.txt is not UTF-8 text/,
  },
  { what: 'a folder without texts', argv: train('folder'), exit: 1, says: /no \.txt, \.md/ },
  {
    what: 'no folder for the run',
    argv: ['train', at('story.txt')],
    exit: 2,
    says: /--out is missing/,
  },
  {
    what: 'a file in place of the run',
    argv: ['train', at('story.txt'), '--out', at('other.txt')],
    exit: 1,
    says: /other\.txt/,
  },
  {
    what: 'a time that is none',
    argv: train('story.txt', '--time', 'soon'),
    exit: 2,
    says: /--time soon.*1h30m/,
  },
  {
    what: 'blocks of no words',
    argv: train('story.txt', '--block', '0'),
    exit: 2,
    says: /--block 0/,
  },
  {
    what: 'shares of hidden words the wrong way round',
    argv: train('story.txt', '--masking', '0.8-0.3'),
    exit: 2,
    says: /--masking 0\.8-0\.3 is not two shares/,
  },
  {
    what: 'shares of hidden words of a model that hides none',
    argv: train('story.txt', '--ar', '--masking', '0.3-0.8'),
    exit: 2,
    says: /autoregressive noise has no share of hidden words/,
  },
  {
    what: 'blocks longer than the context',
    argv: train('story.txt', '--block', '5000'),
    exit: 2,
    says: /--block 5000 exceeds the context/,
  },
  {
    what: 'blocks of a model that writes word by word',
    argv: train('story.txt', '--ar', '--block', '4'),
    exit: 2,
    says: /--ar and --block cannot go together/,
  },
  {
    what: 'blocks of noise in which nothing settles',
    argv: train('story.txt', '--noise', 'uniform', '--block', '4'),
    exit: 2,
    says: /under uniform noise no word settles/,
  },
  { what: 'no time', argv: train('story.txt', '--time', '0'), exit: 2, says: /--time 0/ },
  {
    what: 'a count that is none',
    argv: train('story.txt', '--params', 'lots'),
    exit: 2,
    says: /--params lots.*2M/,
  },
  {
    what: 'a network too small',
    argv: train('story.txt', '--params', '3'),
    exit: 2,
    says: /--params 3/,
  },
  {
    what: 'an unknown document rule',
    argv: train('story.txt', '--documents', 'page'),
    exit: 2,
    says: /--documents page.*blank-line/,
  },
  {
    what: 'an unknown form of conversations',
    argv: train('story.txt', '--chat', 'letters'),
    exit: 2,
    says: /--chat letters.*messages.*none/,
  },
  {
    what: 'weights that are too few',
    argv: train('story.txt', 'story.txt', '--weights', '3'),
    exit: 2,
    says: /--weights 3 has 1 weight for 2 sources of data/,
  },
  {
    what: 'a weight of nothing',
    argv: train('story.txt', 'story.txt', '--weights', '3,0'),
    exit: 2,
    says: /--weights 3,0 is not a list of numbers above 0/,
  },
  {
    what: 'an unknown tokenizer',
    argv: train('story.txt', '--tokenizer', 'runes'),
    exit: 2,
    says: /--tokenizer runes.*bpe/,
  },
  {
    what: 'a vocabulary too small',
    argv: train('story.txt', '--vocab', '10'),
    exit: 2,
    says: /vocabulary of 10/,
  },
  {
    what: 'a learning rate too large',
    argv: train('story.txt', '--rate', '7'),
    exit: 2,
    says: /--rate 7/,
  },
  { what: 'an unknown world', argv: train('tales:vast'), exit: 2, says: /world vast.*tales:small/ },
  {
    what: 'a start from no model',
    argv: train('story.txt', '--from', at('nowhere')),
    exit: 1,
    says: /nowhere/,
  },
  {
    what: 'a folder somebody trains in',
    argv: ['train', at('story.txt'), '--out', at('taken')],
    exit: 1,
    says: /taken is being trained by process \d+/,
  },
  {
    what: 'going on with another seed',
    argv: again('story.txt', '--seed', '5'),
    exit: 1,
    says: /--seed.*5/,
  },
  { what: 'going on with other data', argv: again('other.txt'), exit: 1, says: /other data/ },
  {
    what: 'going on with less',
    argv: again('story.txt', '--tokens', '1k'),
    exit: 1,
    says: /tokens, more than the 1000 asked/,
  },
  {
    what: 'a run that is damaged',
    argv: ['train', at('story.txt'), '--out', at('spoilt')],
    exit: 1,
    says: /run\.json is damaged/,
  },
  {
    what: 'nothing to score',
    argv: ['score', '-', '--model', at('plain')],
    exit: 1,
    says: /standard input is empty/,
  },
  {
    what: 'no file to score',
    argv: ['score', at('nothing.txt'), '--model', at('plain')],
    exit: 1,
    says: /nothing\.txt/,
  },
  {
    what: 'another world',
    argv: ['tales', '--world', 'moon'],
    exit: 2,
    says: /--world moon.*small, full/,
  },
  { what: 'no tales', argv: ['tales', '--count', '0'], exit: 2, says: /--count 0/ },
  {
    what: 'no file to check',
    argv: ['tales', '--check', at('nothing.txt')],
    exit: 1,
    says: /nothing\.txt/,
  },
  {
    what: 'a folder to check',
    argv: ['tales', '--check', at('folder')],
    exit: 1,
    says: /folder is a folder/,
  },
  {
    what: 'nothing to check',
    argv: ['tales', '--check'],
    exit: 1,
    says: /standard input holds no text/,
  },
  {
    what: 'bytes to check',
    argv: ['tales', '--check'],
    stdin: notUtf8,
    exit: 1,
    says: /standard input is not UTF-8/,
  },
  {
    what: 'JSON without a text',
    argv: ['tales', '--check', '--json'],
    stdin: '{"tale":"One."}\n',
    exit: 1,
    says: /line 1 .* no "text"/,
  },
  {
    what: 'a port that is none',
    argv: ['start', '--model', at('plain'), '--port', '99999'],
    exit: 2,
    says: /--port 99999/,
  },
]

/** One line, a sentence, naming what is wrong. */
function expectSentence({ exit, out, err }: Ran, wanted: Pick<Case, 'exit' | 'says'>): void {
  expect(err).toMatch(/^unfog: .{10,}\n$/)
  expect(err).toMatch(wanted.says)
  expect(err).not.toMatch(/\bat .*:\d+:\d+|undefined|\[object|Error:/)
  expect(exit).toBe(wanted.exit)
  expect(out).toBe('')
}

describe('bad input', () => {
  test.each(cases)('$what', async ({ argv, stdin, ...wanted }) => {
    const before = readdirSync(place).sort()
    expectSentence(await unfog(argv, { stdin }), wanted)
    const made = readdirSync(place).filter((name) => !before.includes(name))
    // a run that could not begin may leave its folder, but nothing in it
    expect(made.flatMap((name) => readdirSync(at(name)))).toEqual([])
    for (const name of made) rmSync(at(name), { recursive: true })
  })

  test('a line that is no JSON among lines that are: those before are checked', async () => {
    const { exit, out, err } = await unfog(['tales', '--check', at('wrong.jsonl'), '--json'])
    expect(err).toMatch(/^unfog: line 2 of .*wrong\.jsonl is not valid JSON.*\n$/)
    expect(exit).toBe(1)
    expect(out.trim().split('\n')).toHaveLength(1)
  })

  test('a port in use', async () => {
    const { exit, err } = await unfog(['start', '--model', at('plain'), '--port', String(port)])
    const sentences = err.split('\n').filter((line) => line.startsWith('unfog: '))
    expect(sentences).toEqual([expect.stringMatching(`port ${port} is in use`)])
    expect(exit).toBe(1)
  })

  test('a file nobody may read', async () => {
    writeFileSync(at('secret.txt'), story)
    chmodSync(at('secret.txt'), 0)
    chmodSync(place, 0o755)
    // root may read everything
    const root = process.getuid?.() === 0
    if (root) process.seteuid?.(65534)
    const ran = await unfog(['score', at('secret.txt'), '--model', at('plain')])
    if (root) process.seteuid?.(0)
    expectSentence(ran, { exit: 1, says: /not allowed to read .*secret\.txt/ })
  })

  const shell = (line: string) => spawnSync('bash', ['-c', line]).status === 0
  const disk = at('disk')
  const mount = () => {
    mkdirSync(disk, { recursive: true })
    return shell(`mount -t tmpfs -o size=256k tmpfs '${disk}'`)
  }
  const mounted = mount()
  test.skipIf(!mounted)(
    `a full disk${mounted ? '' : ' (needs: sudo mount -t tmpfs -o size=256k tmpfs FOLDER)'}`,
    async () => {
      try {
        const argv = ['train', at('story.txt'), '--out', join(disk, 'run'), '--tokens', '2k']
        const { exit, err } = await unfog([...argv, '--params', '300k'])
        expect(err).toMatch(/^unfog: no room left to write .*free some space.*\n$/)
        expect(exit).toBe(1)
        expect(readdirSync(join(disk, 'run')).filter((name) => name.endsWith('.part'))).toEqual([])
        expect(existsSync(join(disk, 'run', 'config.json'))).toBe(false)
      } finally {
        shell(`umount '${disk}'`)
      }
    },
  )

  test('--debug shows where', async () => {
    const { exit, err } = await unfog(['generate', '--model', at('nowhere'), '--debug'])
    expect(exit).toBe(1)
    expect(err).toMatch(/^unfog: .*\n(.|\n)*at .*folder\.ts/)
  })
})
