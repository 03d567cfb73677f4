// The page of bench/browser.ts: offers a measurement.
import { devices } from '../../src/runtime/devices.ts'
import { trainingTokens } from './training-tokens.ts'

Object.assign(globalThis, {
  measure: (threads: number | undefined, steps: number) =>
    trainingTokens(devices.wasm({ assets: '/onnxruntime-web', threads }), steps),
})
