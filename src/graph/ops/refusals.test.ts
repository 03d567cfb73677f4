// What an op cannot do it says when the graph is built, naming the shapes, not when a session is made of it.
import { expect, test } from 'vitest'
import {
  add,
  attention,
  broadcastTo,
  concat,
  crossEntropy,
  equal,
  gather,
  input,
  matmul,
  pad,
  placeRows,
  putAlong,
  reshape,
  rotary,
  scatterRows,
  selectRows,
  slice,
  sum,
  swiglu,
  type Tensor,
  takeAlong,
  transpose,
  where,
} from '../index.ts'
import { blockMask } from './attention-masks.ts'

const x = input('x', 'float', ['B', 'L', 4])
const other = input('other', 'float', ['B', 'L', 3])
const ids = input('ids', 'int32', ['B', 'L'])
const few = input('few', 'int32', ['B'])
const flags = input('flags', 'bool', ['B', 'L'])
const heads = (groups: number, size: number) => input('heads', 'float', ['B', groups, 'L', size])
const plain = { scale: 1, causal: false }
const inBlocks = { length: 2, from: 0, context: 8, paired: true }

const refused: Record<string, [() => Tensor, string]> = {
  'shapes that do not fit': [
    () => add(x, other),
    'shapes [B, L, 4] and [B, L, 3] do not fit each other',
  ],
  'integers among floats': [() => add(ids, x), 'add needs float values and got int32 [B, L] (ids)'],
  'two symbols at one place': [
    () => add(input('a', 'float', ['B']), input('b', 'float', ['L'])),
    'shapes [B] and [L] do not fit each other',
  ],
  'types that differ': [() => equal(ids, x), 'equal needs int32 values'],
  'inner sizes': [() => matmul(x, other), 'matrices [B, L, 4] and [B, L, 3] do not fit'],
  'inner sizes, turned': [
    () => matmul(x, other, { transposeB: true }),
    'matrices [B, L, 4] and [B, L, 3]ᵀ do not fit',
  ],
  'a vector in a product': [
    () => matmul(input('v', 'float', [4]), x),
    'matrices [4] and [B, L, 4] do not fit',
  ],
  'an axis too many': [() => sum(x, { axes: [3] }), 'axis 3 is outside a tensor of rank 3'],
  'another count': [() => reshape(x, ['B', 4]), '[B, L, 4] cannot become [B, 4]'],
  'a repetition that shrinks': [
    () => broadcastTo(x, ['B', 'L', 1]),
    '[B, L, 4] cannot be repeated to [B, L, 1]',
  ],
  'no order of axes': [
    () => transpose(x, [0, 1, 1]),
    '[0,1,1] is no order of the axes of [B, L, 4]',
  ],
  'a slice beyond the end': [
    () => slice(x, { axis: -1, start: 2, end: 5 }),
    '2…5 is no part of axis -1 of [B, L, 4]',
  ],
  'an empty slice': [
    () => slice(x, { axis: 1, start: 2, end: 2 }),
    '2…2 is no part of axis 1 of [B, L, 4]',
  ],
  'a part beyond the whole': [
    () => pad(x, { axis: 2, start: 1, shape: ['B', 'L', 4] }),
    '[B, L, 4] from 1 on axis 2 is no part of [B, L, 4]',
  ],
  'parts that differ elsewhere': [
    () => concat([x, other], { axis: 1 }),
    '[B, L, 4] and [B, L, 3] differ outside axis 1',
  ],
  'a sum of symbols': [
    () => concat([input('a', 'float', ['B']), input('b', 'float', ['L'])], { axis: 0 }),
    'cannot join dimensions B and L',
  ],
  'a table that is no matrix': [
    () => gather(x, ids),
    'gather takes rows of a matrix, not of [B, L, 4]',
  ],
  'ids that are floats': [
    () => gather(input('t', 'float', [5, 4]), x),
    'gather needs int32 values',
  ],
  'rows without ids': [
    () => scatterRows(x, few, 5),
    'scatterRows needs one id per row of [B, L, 4], got [B]',
  ],
  'rows of no matrix': [
    () => selectRows(x, few),
    'selectRows takes rows of a matrix, not [B] of [B, L, 4]',
  ],
  'places that are floats': [() => placeRows(x, x, 5), 'placeRows needs int32 values'],
  'an index for each row': [
    () => takeAlong(x, few),
    'takeAlong needs one index per row of [B, L, 4], got [B]',
  ],
  'a target for each row': [() => crossEntropy(x, few), 'one index per row of [B, L, 4], got [B]'],
  'a value for each row': [
    () => putAlong(x, ids, x),
    'putAlong needs one index and value per row of [B, L, 4]',
  ],
  'a condition that is none': [() => where(x, x, x), 'where needs bool values'],
  'gates unlike': [
    () => swiglu(x, other),
    'swiglu needs two equal shapes, got [B, L, 4] and [B, L, 3]',
  ],
  'an odd size to turn': [
    () => rotary(input('q', 'float', ['B', 'L', 2, 5]), { theta: 1, context: 9 }),
    'rotary needs [B, L, heads, even size], got [B, L, 2, 5]',
  ],
  'heads that do not group': [
    () => attention(heads(3, 4), heads(2, 4), heads(2, 4), undefined, plain),
    'attention needs q',
  ],
  'queries unlike keys': [
    () => attention(heads(2, 6), heads(2, 4), heads(2, 4), undefined, plain),
    'attention needs q',
  ],
  'blocks of other keys than queries': [
    () => {
      const far = input('k', 'float', ['B', 2, 'R', 4])
      return attention(heads(2, 4), far, far, undefined, { ...plain, blocks: inBlocks })
    },
    'attention in blocks needs a key per query, got [B, 2, L, 4] and [B, 2, R, 4]',
  ],
  'a pair of texts that is none': [
    () => blockMask('L', inBlocks),
    'L positions are not two texts of one length',
  ],
  'a flag for each key': [
    () => attention(heads(2, 4), heads(2, 4), heads(2, 4), input('v', 'bool', ['L', 'B']), plain),
    'attention needs one flag per key of [B, 2, L, 4], got [L, B]',
  ],
  'flags that are ids': [
    () => attention(heads(2, 4), heads(2, 4), heads(2, 4), ids, plain),
    'attention needs bool values',
  ],
}

for (const [what, [build, message]] of Object.entries(refused)) {
  test(what, () => {
    expect(build).toThrow(message)
    expect(build).toThrow(expect.objectContaining({ code: 'bad_shape' }))
  })
}

test('what fits is not refused', () => {
  expect(attention(heads(4, 4), heads(2, 4), heads(2, 4), flags, plain).shape).toEqual([
    'B',
    4,
    'L',
    4,
  ])
})
