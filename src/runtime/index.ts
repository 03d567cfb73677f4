export type { Device, HostData, HostTensor, ProfileRow, Session, SessionOptions } from './device.ts'
export { type Flat, flat, type Layout, layoutOf, type Shapes, sizeOf } from './flat.ts'
