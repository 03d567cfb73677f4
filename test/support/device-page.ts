// What a page offers to the contract suite: the laws of devices, kept in the page itself.
import { devices } from '../../src/runtime/devices.ts'
import { keep } from '../../src/runtime/testing/laws.ts'
import { curve } from './curve.ts'

export type DevicePage = typeof offered

const opened = new Map<string, ReturnType<typeof devices.wasm>>()

/** One device of a name for the whole page, as a page would have it. */
function device(name: keyof typeof devices) {
  const made = opened.get(name) ?? devices[name]({ assets: '/onnxruntime-web' })
  opened.set(name, made)
  return made
}

const offered = {
  absent: (name: keyof typeof devices) => devices[name].absent(),
  keep: (name: keyof typeof devices, chapter: string, law: string, most: number) =>
    keep(device(name), chapter, law, { exact: device('wasm'), most }),
  curve: (name: keyof typeof devices) => curve(device(name)),
}

Object.assign(globalThis, { offered })
