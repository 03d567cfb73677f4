// The table of devices in Node. A row's file says what it is, whether it can run here, and how it is opened.
import { cpu } from './cpu.node.ts'
import { cuda } from './cuda.node.ts'
import type { Device, DeviceKind, DeviceOptions } from './device.ts'
import { openDevice } from './device.ts'
import { webgpu } from './webgpu.node.ts'

export const devices = { cpu, webgpu, cuda } satisfies Record<string, DeviceKind>

export type DeviceName = keyof typeof devices

/** A device, or one by name; the processor when nothing is said.
 * @throws UnfogError `usage`, `unsupported` */
export const deviceOf = async (
  device: Device | DeviceName = 'cpu',
  options?: DeviceOptions,
): Promise<Device> => (typeof device === 'string' ? openDevice(devices, device, options) : device)
