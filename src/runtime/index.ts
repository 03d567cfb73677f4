export {
  type Device,
  type DeviceKind,
  type DeviceOptions,
  type HostData,
  type HostTensor,
  openDevice,
  type ProfileRow,
  type Session,
  type SessionOptions,
} from './device.ts'
export { type Flat, flat, type Layout, layoutOf, type Shapes, sizeOf } from './flat.ts'
