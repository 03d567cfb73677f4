// Properties are tried on the same examples in every run, so that a red one is red again. Other examples:
// `PROPERTY_SEED=7 npm test`.
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 2026) })
