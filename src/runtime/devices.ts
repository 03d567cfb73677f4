// The table of devices in a browser.
import type { DeviceKind } from './device.ts'
import { wasm } from './wasm.ts'
import type { WebOptions } from './web.ts'
import { webgpu } from './webgpu.ts'

export const devices = { wasm, webgpu } satisfies Record<string, DeviceKind<WebOptions>>

export type DeviceName = keyof typeof devices
