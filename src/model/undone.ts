// The rows that are priced, in graph ops: what a network says of them, and what it was shown. Training and measuring
// share it. Under noise on embeddings the vectors are made here, of the words that the network has learnt.
import { gather, input, type Tensor } from '../graph/index.ts'
import type { ShownVectors, Transformer } from '../nn/index.ts'
import type { NoisyVectors, Pricing, Process, Relaxed, Terms, VectorNoise } from '../noise/index.ts'
import { normals } from '../random/index.ts'
import type { HostTensor } from '../runtime/index.ts'

/** Terms of rows, R of them. Inputs of the graph: `rows`, `targets`, `noisy`, `time`; under noise on embeddings also
 * `places`, where in the canvases the rows' vectors stand, `epsilon`, see `epsilonOf`, and what is
 * `recalled`, [R, D], by a network that is shown what it last predicted.
 * @param ids see `Transformer.logits`
 * @param relaxed where words are shown softly; then `places` and `epsilon` are inputs too, and `ratio` and `sharpness` */
export function undone(
  network: Pick<Transformer, 'logits' | 'words'>,
  noise: Process['noise'],
  pricing: Pricing,
  ids: Tensor,
  visible?: Tensor,
  relaxed?: Relaxed & { vocabSize: number },
): Terms {
  const rows = input('rows', 'int32', ['R'])
  const targets = input('targets', 'int32', ['R'])
  const noisy = input('noisy', 'int32', ['R'])
  const time = input('time', 'float', ['R'])
  const { words } = network
  if (relaxed) {
    const soft = {
      places: input('places', 'int32', ['R']),
      hard: noisy,
      weights: relaxed.weights(
        targets,
        input('epsilon', 'float', ['R', relaxed.vocabSize]),
        input('ratio', 'float', ['R']),
        input('sharpness', 'float', ['R']),
        pricing,
      ),
    }
    return { logits: network.logits(ids, rows, visible, soft), targets, noisy, time }
  }
  if (!noise.vectors || !words) {
    return { logits: network.logits(ids, rows, visible), targets, noisy, time }
  }
  const epsilon = input('epsilon', 'float', ['R', words.shape[1]])
  const seen = noise.vectors.noisy(gather(words, targets), epsilon, time, pricing)
  const vectors: NoisyVectors = { seen, words }
  const shown = shownVectors(noise, seen, time, pricing)
  return { logits: network.logits(ids, rows, visible, shown), targets, noisy, time, vectors }
}

/** What a network is shown of vectors, [R, D], at the input `places`, and of what is recalled there. */
export function shownVectors(
  { vectors }: VectorNoise,
  seen: Tensor,
  time: Tensor,
  pricing: Pricing,
): ShownVectors {
  const recalled = vectors.recalls ? input('recalled', 'float', seen.shape) : undefined
  return {
    places: input('places', 'int32', ['R']),
    values: vectors.shown(seen, time, pricing, recalled),
  }
}

/** Standard normal numbers of rows, [R, width]. @param draws [R] in (0, 1) */
export function epsilonOf(draws: ArrayLike<number>, width: number): HostTensor {
  const data = new Float32Array(draws.length * width)
  if (width > 0) {
    for (let r = 0; r < draws.length; r++) data.set(normals(draws[r], width), r * width)
  }
  return { data, dims: [draws.length, width] }
}
