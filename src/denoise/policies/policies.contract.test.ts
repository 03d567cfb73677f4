// What every row of the table must keep, on canvases with gaps anywhere and a network that loves banned ids.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inconsistentRow, tableDenoiser } from '../../../test/support/denoisers.ts'
import { noises, schedules, type VectorNoise } from '../../noise/index.ts'
import {
  type Canvas,
  type Denoiser,
  denoise,
  denoiseBatch,
  type Frame,
  frameFromJSON,
  frameToJSON,
  helped,
  makePlan,
  type PlanOptions,
  type Policy,
  type PolicyName,
  policies,
  states,
} from '../index.ts'

// tokens 0 … 5 are words, 6 ends a text, 7 and 8 are never written, 9 is the mask
const mask = 9
const row = inconsistentRow(6)
const onWords: Denoiser = tableDenoiser(9, (tokens, i) => [...row(tokens, i), 0.05, 2e4, 3e4], {
  banned: [7, 8],
  eosId: 6,
})
const recalling = noises.gaussian.recalling?.() as VectorNoise
/** The same network under noise on embeddings, whatever the vectors are. What it predicted before it keeps to. */
const onVectors: Denoiser = {
  ...onWords,
  logits: async (asks) =>
    (await onWords.logits(asks)).map((logits, i) => {
      const { recalled = [] } = asks[i]
      return logits.map((x, at) => x + recalled[4 * Math.floor(at / 10) + ((at % 10) % 4)])
    }),
  eosId: undefined,
  process: {
    noise: recalling,
    schedule: schedules.linear,
    words: Int32Array.of(0, 1, 2, 3, 4, 5),
  },
  words: () => Float32Array.from({ length: 40 }, (_, i) => Number(i % 4 === (i >> 2) % 4)),
}
const causal: Denoiser = {
  ...tableDenoiser(9, (tokens, i) => [...row(tokens.slice(0, i), i), 0.05, 2e4, 3e4], {
    banned: [7, 8],
    eosId: 6,
    causal: true,
  }),
}
const withDrafter = helped(causal, { drafter: onWords })
const withReader = helped(onWords, { reader: causal })
/** The same network under noise that leaves both fog and wrong words. */
const onHybrid: Denoiser = {
  ...onWords,
  process: { ...onVectors.process!, noise: noises.hybrid },
}
const networkOf = (policy: Policy) =>
  policy.moves
    ? onVectors
    : policy.judges
      ? onHybrid
      : policy.guesses
        ? withDrafter
        : policy.reads
          ? withReader
          : onWords
const decode = (ids: ArrayLike<number>) => Array.from(ids, (id) => 'abcdef.?!_'[id]).join('')

/** A canvas from its look: letters are given, ░ is fog. */
function canvasOf(look: string): Canvas {
  const letters = [...look]
  return {
    tokens: Int32Array.from(letters, (c) => (c === '░' ? mask : 'abcdef'.indexOf(c))),
    state: Uint8Array.from(letters, (c) => (c === '░' ? states.fog : states.given)),
  }
}
const look = fc.array(fc.constantFrom(...'abcdef░░░░░░'), { minLength: 1, maxLength: 14 })

async function framesOf(
  denoiser: Denoiser,
  from: Canvas | Frame,
  options: PlanOptions,
): Promise<Frame[]> {
  const frames: Frame[] = []
  const plan = makePlan(options, denoiser)
  for await (const frame of denoise(denoiser, from, plan, { decode })) frames.push(frame)
  return frames
}

/** Options that each policy understands, few and many steps. */
const settings = (policy: PolicyName): fc.Arbitrary<PlanOptions> =>
  fc.record({
    policy: fc.constant(policy),
    seed: fc.nat(1e6),
    temperature: fc.constantFrom(0, 0.7, 1),
    topK: fc.constantFrom(0, 3),
    length: fc.constantFrom(undefined, 14),
    steps: policies[policy].takes.includes('steps' as never)
      ? fc.constantFrom(undefined, 1, 2, 5, 40)
      : fc.constant(undefined),
    blockLength: policies[policy].takes.includes('blockLength' as never)
      ? fc.constantFrom(undefined, 1, 3, 14)
      : fc.constant(undefined),
    orderTemperature: policies[policy].takes.includes('orderTemperature' as never)
      ? fc.constantFrom(undefined, 0.5)
      : fc.constant(undefined),
  })

for (const name of Object.keys(policies) as PolicyName[]) {
  describe(name, () => {
    const policy: Policy = policies[name]
    const network = networkOf(policy)
    const runs = { numRuns: 40 }
    const forwardsPerStep = policy.guesses ? 2 : 1
    const goesBack = policy.steps(10, makePlan({ policy: name }, network)) > 10

    test('leaves given text alone, progresses, ends, writes nothing that is banned', async () => {
      await fc.assert(
        fc.asyncProperty(look, settings(name), async (letters, options) => {
          const canvas = canvasOf(letters.join(''))
          const fog = canvas.state.filter((s) => s === states.fog).length
          const frames = await framesOf(network, canvas, options)
          const bound = policy.steps(Math.max(1, fog), makePlan(options, network))
          let before = frames[0]
          // where vectors stand, the nearest words are shown
          for (const [i, id] of before.tokens.entries())
            if (!policy.moves || canvas.state[i] === states.given) expect(id).toBe(canvas.tokens[i])
          for (const frame of frames.slice(1)) {
            expect(frame.step).toBeGreaterThan(before.step)
            // a step that changed nothing has no frame
            expect(frame.forwards).toBeGreaterThan(before.forwards)
            if (!frame.done) expect(frame.changed.length).toBeGreaterThan(0)
            for (const [i, id] of frame.tokens.entries()) {
              const changed = id !== before.tokens[i] || frame.state[i] !== before.state[i]
              expect(frame.changed.includes(i)).toBe(changed)
              if (canvas.state[i] === states.given) expect(id).toBe(canvas.tokens[i])
              if (frame.state[i] === states.settled) expect(id).toBeLessThan(7)
            }
            before = frame
          }
          expect(before.done).toBe('complete')
          expect(before.state.includes(states.fog)).toBe(false)
          const most = goesBack ? bound : Math.min(bound, fog)
          expect(before.forwards).toBeLessThanOrEqual(most * forwardsPerStep)
          if (options.length === 14) expect(before.tokens.length).toBe(letters.length)
        }),
        runs,
      )
    })

    if (policy.takes.includes('blockLength')) {
      test('writes one block after another', async () => {
        const about = { policy: name, length: 14, blockLength: 3 } as const
        for (let seed = 0; seed < 10; seed++) {
          const frames = await framesOf(network, canvasOf('ab░░░░░░░░░░░░'), { ...about, seed })
          const written = frames.findIndex(({ state }) => !state.includes(states.fog))
          for (const { state } of frames.slice(0, written)) {
            const block = Math.floor((state.indexOf(states.fog) - 2) / 3)
            expect(state.indexOf(states.settled, 2 + 3 * (block + 1))).toBe(-1)
          }
        }
      })
    }

    test('writes the same text for the same seed, alone or among others', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(look, settings(name)), { minLength: 1, maxLength: 5 }),
          async (members) => {
            const peers = Object.values<Policy>(policies).filter(
              (other) => networkOf(other) === network,
            )
            const others = peers.map((other, seed) => ({
              from: canvasOf('a░░b░░░'),
              plan: makePlan({ policy: other, seed }, network),
            }))
            const tasks = members.map(([letters, options]) => ({
              from: canvasOf(letters.join('')),
              plan: makePlan(options, network),
            }))
            const together: Frame[][] = tasks.map(() => [])
            const batch = denoiseBatch(network, [...tasks, ...others], { decode })
            for await (const { task, frame } of batch) together[task]?.push(frame)
            for (const [i, { from }] of tasks.entries()) {
              expect(together[i]).toEqual(await framesOf(network, from, members[i][1]))
            }
          },
        ),
        { numRuns: 15 },
      )
    })

    test('goes on from any frame, through JSON, to the same text', async () => {
      await fc.assert(
        fc.asyncProperty(look, settings(name), async (letters, options) => {
          const frames = await framesOf(network, canvasOf(letters.join('')), options)
          for (const frame of frames) {
            const wire = frameFromJSON(JSON.parse(JSON.stringify(frameToJSON(frame))))
            const resumed = await framesOf(network, { ...wire, done: undefined }, options)
            expect(resumed.at(-1)).toEqual({
              ...frames.at(-1)!,
              // the first frame of a resumed text has changed nothing yet
              changed: resumed.length > 1 ? frames.at(-1)!.changed : [],
            })
          }
        }),
        runs,
      )
    })

    test('writes different texts for different seeds', async () => {
      const texts = new Set<string>()
      for (let seed = 0; seed < 20; seed++) {
        const frames = await framesOf(network, canvasOf('░░░░░░░░'), {
          policy: name,
          seed,
          length: 8,
        })
        texts.add(frames.at(-1)!.text)
      }
      expect(texts.size).toBeGreaterThan(15)
    })

    test('says what it is', () => {
      expect(policy.name).toBe(name)
      expect(policy.about.length).toBeGreaterThan(10)
      expect(policy.source).not.toBe('')
    })

    test(policy.causal ? 'works on a causal model' : 'is refused on a causal model', async () => {
      if (policy.causal) {
        const model = policy.guesses ? withDrafter : causal
        const frames = await framesOf(model, canvasOf('ab░░░░░░'), { policy: name, length: 8 })
        expect(frames.at(-1)).toMatchObject({ done: 'complete' })
        expect(frames.at(-1)!.forwards).toBeLessThanOrEqual(6 * forwardsPerStep)
      } else {
        expect(() => makePlan({ policy: name }, causal)).toThrow('use --policy left-to-right')
      }
    })
  })
}
