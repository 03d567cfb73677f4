export {
  below,
  categorical,
  type Draw,
  inverse,
  normal,
  normalised,
  normals,
  permutation,
  race,
} from './draw.ts'
export {
  memberSeed,
  type Purpose,
  philox,
  type Random,
  replay,
  seeded,
  stream,
} from './random.ts'
