export { below, categorical, normal, permutation } from './draw.ts'
export {
  memberSeed,
  type Purpose,
  philox,
  type Random,
  replay,
  seeded,
  stream,
} from './random.ts'
