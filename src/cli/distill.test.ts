// unfog distill as somebody types it: what it refuses, and a student that is there afterwards.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeTinyModel } from './testing/model-folder.ts'
import { unfog } from './testing/unfog.ts'

const place = mkdtempSync(join(tmpdir(), 'unfog-distill-'))
const at = (name: string) => join(place, name)

beforeAll(async () => {
  writeFileSync(at('story.txt'), 'The fog was thick.\nThe lamp was lit.\n'.repeat(60))
  await writeTinyModel(at('masked'))
  await writeTinyModel(at('causal'), { causal: true })
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

const refusals: [string, string[], number, string][] = [
  ['without a place to go to', ['masked', '--data', 'story.txt'], 2, 'the option --out is missing'],
  ['without texts', ['masked', '--out', 'new'], 2, 'needs texts to learn on'],
  [
    'steps that cannot be divided',
    ['masked', '--data', 'story.txt', '--out', 'new', '--steps', '6', '--rounds', '2'],
    2,
    '--steps 6 cannot be divided by --together 2 in 2 rounds: give a multiple of 4, or fewer --rounds',
  ],
  [
    'a model that writes from left to right',
    ['causal', '--data', 'story.txt', '--out', 'new'],
    1,
    'tiny writes word by word',
  ],
]
test.each(refusals)('refuses %s in one sentence', async (_, words, status, sentence) => {
  const argv = words.map((word) => (/^(masked|causal|story.txt|new)$/.test(word) ? at(word) : word))
  const { exit, out, err } = await unfog(['distill', ...argv])
  expect({ exit, out }).toEqual({ exit: status, out: '' })
  expect(err).toMatch(/^unfog: [^\n]+\n$/)
  expect(err).toContain(sentence)
  expect(existsSync(at('new/run.json'))).toBe(false)
})

test('leaves a student that writes in the steps it has learnt', async () => {
  const words = ['--data', at('story.txt'), '--out', at('fast'), '--steps', '4', '--rounds', '1']
  const { exit, out } = await unfog(['distill', at('masked'), ...words, '--tokens', '1k'])
  expect(exit).toBe(0)
  expect(out).toContain('In one round it learns to write in 2 steps what takes 4 now.')
  const asked = ['generate', '--model', at('fast'), '--length', '12', '--seed', '3', '--json']
  const ran = await unfog(asked)
  expect(JSON.parse(ran.out)).toMatchObject({ forwards: 2 })
})
