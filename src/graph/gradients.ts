// Reverse-mode differentiation: from a scalar back to what it depends on. Each op brings its own vector-Jacobian
// product; this file only walks and adds up.
import { UnfogError } from '../error/index.ts'
import { add } from './ops/add.ts'
import { concat } from './ops/concat.ts'
import { ones, zeros } from './ops/constant.ts'
import { type Padding, pad } from './ops/pad.ts'
import { recomputing } from './recompute.ts'
import { addDims, axisOf, type Dim, show } from './shape.ts'
import { namedFromRoot, type Tensor, topological } from './tensor.ts'

/** Gradients that are slices of one tensor put back in place: side by side they are a concatenation, which costs one
 * pass where padding and adding costs one per part. */
function tiled(parts: readonly Tensor[], like: Tensor): Tensor | undefined {
  if (parts.length < 2 || parts.some((part) => part.op !== pad.op)) return undefined
  const placed = parts.map((part) => ({ inner: part.inputs[0], ...(part.attrs as Padding) }))
  const axis = axisOf(placed[0].axis, like.shape.length)
  placed.sort((a, b) => a.start - b.start)
  let end: Dim = 0
  for (const part of placed) {
    if (axisOf(part.axis, like.shape.length) !== axis || part.start !== end) return undefined
    end = addDims(end, part.inner.shape[axis])
  }
  return end === like.shape[axis]
    ? concat(
        placed.map((part) => part.inner),
        { axis },
      )
    : undefined
}

const total = (parts: readonly Tensor[], like: Tensor): Tensor =>
  tiled(parts, like) ?? parts.reduce((sum, part) => add(sum, part))

/** Gradients of `loss` with respect to each of `wrt`, in their order and shapes; zeros where nothing flows.
 * @param loss a scalar
 * @param held tensors that count as constants: nothing flows through them
 * @param recompute is what lies between landmarks computed again, in less memory, instead of kept?
 * @throws UnfogError `bad_shape` when the loss is no scalar */
export function gradients(
  loss: Tensor,
  wrt: readonly Tensor[],
  { held = [], recompute = false }: { held?: readonly Tensor[]; recompute?: boolean } = {},
): Tensor[] {
  if (loss.shape.length > 0) {
    throw new UnfogError(
      'bad_shape',
      `a loss must be a scalar and this one has shape ${show(loss.shape)}`,
    )
  }
  const order = topological([loss])
  const needed = new Set(wrt)
  const constant = new Set(held)
  for (const tensor of order) {
    if (!constant.has(tensor) && tensor.inputs.some((input) => needed.has(input)))
      needed.add(tensor)
  }
  const arrived = new Map<Tensor, Tensor[]>([[loss, [ones([])]]])
  const finished = new Map<Tensor, Tensor>()
  const seen = recompute
    ? recomputing([...order], (landmark) => finished.get(landmark))
    : (tensor: Tensor) => tensor
  for (const tensor of order.reverse()) {
    const parts = arrived.get(tensor)
    if (!parts || !needed.has(tensor)) continue
    const place = `grad(${tensor.name})`
    const dy = namedFromRoot(place, () => total(parts, tensor))
    finished.set(tensor, dy)
    arrived.delete(tensor)
    if (tensor.inputs.length === 0) continue
    if (!tensor.op.vjp) {
      throw new UnfogError('internal', `op ${tensor.op.name} (${tensor.name}) has no gradient`)
    }
    const { inputs, attrs } = tensor
    const given = namedFromRoot(place, () =>
      tensor.op.vjp!({
        inputs: inputs.map((input) => seen(input, tensor)),
        attrs,
        output: seen(tensor, tensor),
        dy,
      }),
    )
    inputs.forEach((input, i) => {
      const gradient = given[i]
      if (!gradient || !needed.has(input)) return
      const list = arrived.get(input)
      if (list) list.push(gradient)
      else arrived.set(input, [gradient])
    })
  }
  return wrt.map((tensor) => finished.get(tensor) ?? zeros(tensor.shape))
}
