// What computes, and with how much of the machine: the same for every command that runs a network.
import { devices } from '../runtime/devices.node.ts'
import { numeric, oneOf, wholeFrom } from './option.ts'

const names = Object.keys(devices) as (keyof typeof devices)[]

export const deviceOptions = {
  device: oneOf(names, 'what computes', { otherwise: 'cpu' }),
  threads: numeric(wholeFrom(1, 1024), 'processor threads; default all'),
}
