// A tale out of the fog, then a model trained in this very page. Bundle it (`npx esbuild examples/browser/page.js
// --bundle --splitting --format=esm --outdir=site`) and serve it with onnxruntime-web's dist as /onnxruntime-web, a
// model folder as /models/tales, and the headers of docs/devices.md.
import { loadModel, memoryStore, train } from 'unfog/browser'

const assets = '/onnxruntime-web'

/** @param {string} id @param {string} text */
function show(id, text) {
  const element =
    document.getElementById(id) ?? document.body.appendChild(document.createElement('p'))
  element.id = id
  element.textContent = text
}

const tales = await loadModel('/models/tales', { assets })
for await (const { text } of tales.generate({ prompt: 'Once upon a time', seed: 4 }))
  show('tale', text)
await tales.dispose()

const out = memoryStore()
const data = Array.from(
  { length: 40 },
  (_, i) => `the cat saw ${'one two three four'.split(' ')[i % 4]} red kites.`,
)
for await (const event of train({ data, out, assets, tokens: 4000, params: 20_000 }))
  if (event.type === 'report')
    show('training', `loss ${event.loss.toFixed(2)} at ${event.tokens} tokens`)
const own = await loadModel(out, { assets })
show('own', (await own.complete({ seed: 1 })).text)
await own.dispose()
