// The step that Muon takes with a matrix (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon): of the
// momentum U·S·Vᵀ only U·Vᵀ, so that every direction is learnt at the same speed, and not only the few in which
// gradients are large. Five Newton–Schulz iterations bring all singular values near 1 with matrix products alone.
import {
  add,
  div,
  type EmittedGraph,
  emit,
  input,
  matmul,
  mul,
  named,
  scalar,
  sqrt,
  sum,
} from '../graph/index.ts'
import type { Device, HostTensor, Session } from '../runtime/index.ts'

/** y ← a·y + b·(yyᵀ)y + c·(yyᵀ)²y: steep at 0, so that small singular values grow fast; in exchange all end in about
 * [0.7, 1.2] and not at 1. */
const [a, b, c] = [3.4445, -4.775, 2.0315]
const iterations = 5

/** [N, rows, columns] `x` → `orthogonal`, each of the N matrices nearly U·Vᵀ. */
function orthogonalGraph(
  rows: number,
  columns: number,
  { decomposed }: Pick<Device, 'decomposed'>,
): EmittedGraph {
  const x = input('x', 'float', ['N', rows, columns])
  const wide = rows <= columns
  const side = wide ? ({ transposeB: true } as const) : ({ transposeA: true } as const)
  let y = div(x, add(sqrt(sum(mul(x, x), { axes: [1, 2], keep: true })), scalar(1e-7)))
  for (let i = 0; i < iterations; i++) {
    const gram = matmul(y, y, side)
    const factor = add(mul(gram, scalar(b)), mul(matmul(gram, gram), scalar(c)))
    y = add(mul(y, scalar(a)), wide ? matmul(factor, y) : matmul(y, factor))
  }
  return emit({ orthogonal: named('orthogonal', () => y) }, { decomposed })
}

/** Makes matrices orthogonal, those of one shape together; a session for every shape, made when it is first met. */
export class Orthogonaliser {
  private readonly device: Device
  private readonly sessions = new Map<string, Promise<Session>>()

  constructor(device: Device) {
    this.device = device
  }

  /** @param from [N, rows, columns]  @param to as large, written */
  async run(from: HostTensor, to: HostTensor): Promise<void> {
    const [, rows, columns] = from.dims
    const shape = `${rows} × ${columns}`
    if (!this.sessions.has(shape)) {
      const graph = orthogonalGraph(rows, columns, this.device)
      // threads of several sessions wait by spinning, in each other's way: with two, a small network's step took 3 times
      // as long
      this.sessions.set(shape, this.device.session(graph, { threads: 1 }))
    }
    const session = await this.sessions.get(shape)!
    await session.run({ x: from }, { orthogonal: to })
  }

  async dispose(): Promise<void> {
    for (const session of this.sessions.values()) await (await session).dispose()
  }
}
