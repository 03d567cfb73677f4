// unfog start: a first tale in the terminal, then the page where everybody can watch and type.
import { ranges } from '../../denoise/index.ts'
import { check } from '../../tales/index.ts'
import { command } from '../command.ts'
import { freshSeed } from '../fresh-seed.ts'
import { numeric, text, unless, wholeFrom } from '../option.ts'
import { invitation, stopped } from '../page.ts'
import { watch } from '../terminal/watch.ts'
import { sentence } from '../terminal/wrap.ts'
import { summaryOf } from '../text-summary.ts'

const batch = { waiting: 8 }
const twinOf = (model: string) => (model === 'tales' ? 'tales-ar' : undefined)

export const start = command({
  about: 'watch a tale come out of the fog, then open a page to play with',
  options: {
    model: text('model', 'a bundled model, or the folder of a model or run; default tales'),
    twin: text('model', 'a model that types beside it on the page; default tales-ar beside tales'),
    seed: numeric(ranges.seed, 'the same seed writes the same tale; default a fresh one'),
    port: numeric(wholeFrom(0, 65535), 'port of the page; 0 takes any that is free'),
    page: unless('only the tale'),
  },
  examples: ['unfog start', 'unfog start --no-page --seed 5'],
  async run(
    { model: name = 'tales', twin = twinOf(name), seed = freshSeed(), port, page = true },
    io,
  ) {
    const { loadModel } = await import('../../index.ts')
    const model = await loadModel(name, { batch })
    try {
      const frames = model.generate({ seed, signal: io.signal })
      const { frame, ms } = await watch(frames, model.tokenizer, io)
      if (frame.done !== 'complete') return undefined
      const { world } = model.config.text
      const written = { ...frame, tokens: frame.tokens.length, ms, disobeyed: [] }
      const errors = world && check(world, frame.text).errors
      await io.stderr.write(sentence(summaryOf(written, errors), io.stderr))
      if (!page) return undefined
      const { serve } = await import('../../serve/server.node.ts')
      const beside = twin === undefined ? undefined : await loadModel(twin, { batch })
      try {
        const { url, close } = await serve({ model, twin: beside, port })
        await io.stdout.write(invitation(url, 'type a beginning and watch; Ctrl-C ends it', io))
        await stopped(io.signal)
        await close()
        return 0
      } finally {
        await beside?.dispose()
      }
    } finally {
      await model.dispose()
    }
  },
})
