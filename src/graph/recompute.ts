// What a backward pass needs of the forward one, computed again instead of kept (Chen et al., arXiv 1604.06174). Only
// landmarks stay: what lies between two of them is made anew from the first when gradients come back from the second.
// It is made of the landmark plus zero times those gradients, so that it cannot be made before, and no optimiser takes it
// for what was there already. Not a bit changes.
import { add } from './ops/add.ts'
import { scalar } from './ops/constant.ts'
import { mul } from './ops/mul.ts'
import { sum } from './ops/sum.ts'
import { namedFromRoot, type Tensor } from './tensor.ts'

const landmarks = new WeakSet<Tensor>()

/** Marks what stays while what lies around it is computed again. */
export function landmark(tensor: Tensor): Tensor {
  landmarks.add(tensor)
  return tensor
}

/** Who makes tensors anew, for the backward pass of a graph.
 * @param order inputs before users
 * @param arrived the gradient that has come back to a landmark
 * @returns for a tensor that a step of the backward pass reads: it, or what takes its place. `at` is where the step is */
export function recomputing(
  order: readonly Tensor[],
  arrived: (landmark: Tensor) => Tensor | undefined,
): (tensor: Tensor, at: Tensor) => Tensor {
  const marks = order.filter((tensor) => landmarks.has(tensor))
  const number = new Map(marks.map((tensor, i) => [tensor, i + 1]))
  /** behind which landmark a tensor is made; 0 where it is before all */
  const behind = new Map<Tensor, number>()
  for (const tensor of order)
    behind.set(
      tensor,
      Math.max(
        0,
        ...tensor.inputs.map((input) => number.get(input) ?? (behind.get(input) as number)),
      ),
    )
  const made = new Map<Tensor, Tensor>()

  /** The landmark itself, but not before the gradients of the next one are there. */
  const late = (mark: Tensor, index: number): Tensor => {
    const gradient = arrived(marks[index])
    if (!gradient) return mark
    return namedFromRoot(`again(${mark.name})`, () => add(mark, mul(sum(gradient), scalar(0))))
  }
  const copyOf = (tensor: Tensor, index: number): Tensor => {
    if (number.get(tensor) === index) return late(tensor, index)
    const inputs = tensor.inputs.map((input) => again(input, index))
    return Object.freeze({ ...tensor, inputs, name: `again(${tensor.name})` })
  }
  const again = (tensor: Tensor, index: number): Tensor => {
    const within = behind.get(tensor) === index && !number.has(tensor)
    if (!within && number.get(tensor) !== index) return tensor
    const copy = made.get(tensor) ?? copyOf(tensor, index)
    made.set(tensor, copy)
    return copy
  }
  return (tensor, at) => {
    const index = behind.get(at) as number
    // before the first landmark, and behind the last one, all is at hand
    return index === 0 || index === marks.length ? tensor : again(tensor, index)
  }
}
