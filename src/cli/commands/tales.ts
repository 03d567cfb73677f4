// unfog tales: tell tales of a world, or check whether texts are tales.
import { readFile } from 'node:fs/promises'
import { ranges } from '../../denoise/index.ts'
import { UnfogError } from '../../error/index.ts'
import { memberSeed } from '../../random/index.ts'
import { fileError } from '../../store/folder.node.ts'
import { check, tell, type Verdict, type WorldName, worlds } from '../../tales/index.ts'
import { command } from '../command.ts'
import { freshSeed } from '../fresh-seed.ts'
import type { Io } from '../io.ts'
import { maybeText, numeric, oneOf, toggle, wholeFrom } from '../option.ts'
import { paletteFor, wordColour } from '../terminal/colour.ts'
import { harmless } from '../terminal/width.ts'

export const tales = command({
  about: 'tell tales whose truth is known, or check texts',
  options: {
    world: oneOf(Object.keys(worlds) as WorldName[], 'which world', {
      value: 'world',
      otherwise: 'full',
    }),
    count: numeric(wholeFrom(1), 'how many tales; default 1'),
    seed: numeric(ranges.seed, 'the same seed tells the same tales; default a fresh one, printed'),
    check: maybeText(
      'file',
      'check texts, one a line, or JSON lines with a text; from a file or stdin',
    ),
    json: toggle('one JSON a line: text, facts, labels, nats; with --check: ok, errors'),
  },
  examples: [
    'unfog tales --count 3 --seed 7',
    'unfog tales --world small --count 2 --seed 1 --json',
    'unfog tales --count 5 --json | unfog tales --check',
  ],
  run: ({ check: file, json = false, world = 'full', ...asked }, io) =>
    file === undefined
      ? tellTales({ world, json, ...asked }, io)
      : checkTexts({ world, json, path: file === '' ? '-' : file }, io),
})

async function tellTales(
  asked: { world: WorldName; json: boolean; count?: number; seed?: number },
  io: Io,
): Promise<undefined> {
  const { world, json, count = 1, seed = freshSeed() } = asked
  for (let i = 0; i < count && !io.signal.aborted; i++) {
    const { text, facts, labels, nats } = tell(world, memberSeed(seed, i))
    await io.stdout.write(`${json ? JSON.stringify({ text, facts, labels, nats }) : text}\n`)
  }
  if (asked.seed === undefined && !io.signal.aborted) await io.stderr.write(`seed ${seed}\n`)
}

async function checkTexts(
  { world, json, path }: { world: WorldName; json: boolean; path: string },
  io: Io,
): Promise<number | undefined> {
  const palette = paletteFor(io.stdout, io.env)
  const good = palette.paint('✓', { colour: wordColour(1), bold: true })
  const bad = palette.paint('✗', { colour: wordColour(0), bold: true })
  let checked = 0
  let wrong = 0
  for (const text of textsIn(await readInput(path, io), path)) {
    if (io.signal.aborted) return undefined
    const { ok, errors } = check(world, text)
    checked++
    if (!ok) wrong++
    await io.stdout.write(json ? `${JSON.stringify({ ok, errors })}\n` : said(text, { ok, errors }))
  }
  if (checked === 0) throw new UnfogError('bad_input', `${nameOf(path)} holds no text to check`)
  if (!json) await io.stderr.write(`${checked - wrong} of ${checked} are true tales\n`)
  return wrong > 0 ? 1 : 0

  function said(text: string, { ok, errors }: Pick<Verdict, 'ok' | 'errors'>): string {
    const start = text.length > 60 ? `${text.slice(0, 57)}…` : text
    return `${ok ? good : bad} ${ok ? '' : `${errors.join('; ')}: `}${harmless(start)}\n`
  }
}

const nameOf = (path: string) => (path === '-' ? 'standard input' : path)

async function readInput(path: string, io: Io): Promise<string> {
  if (path !== '-') {
    const bytes = await readFile(path).catch((error) => {
      throw fileError(error, path, 'read')
    })
    return decoded(bytes, path)
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of io.stdin) chunks.push(chunk)
  return decoded(Buffer.concat(chunks), path)
}

function decoded(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UnfogError('bad_input', `${nameOf(path)} is not UTF-8 text`, { param: 'check' })
  }
}

/** Lines of text, or the `text` of lines that are JSON. The first line says which. */
function* textsIn(content: string, path: string): Generator<string> {
  const lines = content.split(/\r?\n/)
  const inJson = lines
    .find((line) => line.trim() !== '')
    ?.trimStart()
    .startsWith('{')
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue
    yield inJson ? textOf(line, `line ${i + 1} of ${nameOf(path)}`) : line
  }
}

function textOf(line: string, where: string): string {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    throw new UnfogError('bad_input', `${where} is not valid JSON, as the lines before it are`)
  }
  const text = (json as { text?: unknown } | null)?.text
  if (typeof text === 'string') return text
  throw new UnfogError('bad_input', `${where} has no "text"`)
}
