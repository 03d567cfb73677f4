// The laws of devices, by chapter, and how one is kept: on a bench whose sessions are closed afterwards.
import type { Device, Session } from '../device.ts'
import { batchLaws, bitLaws } from './batch-laws.ts'
import { opLaws } from './op-laws.ts'
import { type Bench, type Law, sessionLaws } from './session-laws.ts'

export const laws: Readonly<Record<string, Readonly<Record<string, Law>>>> = {
  'a session': sessionLaws,
  'an op': opLaws,
  'a canvas in a batch': batchLaws,
  'the bits of a canvas': bitLaws,
}

export async function keep(
  device: Device,
  chapter: string,
  name: string,
  { exact = device, most = 64 }: { exact?: Device; most?: number } = {},
): Promise<void> {
  const opened: Session[] = []
  const opener =
    (on: Device): Bench['open'] =>
    async (graph) => {
      const session = await on.session(graph)
      opened.push(session)
      return session
    }
  try {
    await laws[chapter][name]({ device, open: opener(device), openExact: opener(exact), most })
  } finally {
    for (const session of opened) await session.dispose()
  }
}
