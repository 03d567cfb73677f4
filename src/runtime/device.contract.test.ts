// What every device promises, whatever runs beneath it, over the rows of both tables: in Node, and in a page of a real
// Chromium. A device that this machine lacks is skipped by name.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noBrowser, type OpenPage, openPage } from '../../test/support/browser.ts'
import { curve } from '../../test/support/curve.ts'
import type { DevicePage } from '../../test/support/device-page.ts'
import { noSwiftShader, useSwiftShader } from '../../test/support/swiftshader.ts'
import { cpu } from './cpu.node.ts'
import type { Device, DeviceKind, DeviceOptions } from './device.ts'
import { devices as nodeDevices } from './devices.node.ts'
import { devices as browserDevices } from './devices.ts'
import { keep, laws } from './testing/laws.ts'

/** Where a device runs, and what the suite asks of it there. */
interface Place {
  promises: Device['batchInvariant']
  open?(): Promise<void>
  close?(): Promise<void>
  keep(chapter: string, law: string): Promise<void>
  curve(): Promise<number[]>
}

interface Row {
  name: string
  /** why it is not here */
  absent?: string
  place: Place
}

/** Largest batch to try: 64 covers every path of the processor's kernels, and SwiftShader takes seconds a batch. */
const mostOf = (name: string): number => (name === 'webgpu' ? 3 : 64)

function inNode(kind: DeviceKind, options: DeviceOptions): Place {
  const device = kind(options)
  return {
    promises: device.batchInvariant,
    keep: (chapter, law) => keep(device, chapter, law, { most: mostOf(device.name) }),
    curve: () => curve(device),
  }
}

function inPage(name: keyof typeof browserDevices): Place {
  let opened: OpenPage
  /** Calls what the page offers. */
  const ask = <K extends keyof DevicePage>(what: K, ...words: Parameters<DevicePage[K]>) =>
    opened.page.evaluate(`offered.${what}(...${JSON.stringify(words)})`) as ReturnType<
      DevicePage[K]
    >
  return {
    promises: browserDevices[name]().batchInvariant,
    async open() {
      opened = await openPage('test/support/device-page.ts', {
        alias: { vitest: './test/support/page-expect.ts' },
      })
      await opened.page.waitForFunction('globalThis.offered')
      expect(await ask('absent', name)).toBe(undefined)
    },
    async close() {
      await opened.close()
      expect(opened.complaints).toEqual([])
    },
    keep: (chapter, law) => ask('keep', name, chapter, law, mostOf(name)),
    curve: () => ask('curve', name),
  }
}

useSwiftShader()

const rows: Row[] = [
  { name: 'cpu, two threads', place: inNode(cpu, { threads: 2 }) },
  ...(await Promise.all(
    Object.entries(nodeDevices).map(async ([name, kind]) => ({
      name: `${name} in Node`,
      absent: (name === 'webgpu' ? noSwiftShader() : undefined) ?? (await kind.absent()),
      place: inNode(kind, { threads: 1 }),
    })),
  )),
  ...Object.keys(browserDevices).map((name) => ({
    name: `${name} in a browser`,
    absent: noBrowser(),
    place: inPage(name as keyof typeof browserDevices),
  })),
]

/** Largest relative difference of a loss from the cpu's over 20 steps, measured: wasm 2e-7, webgpu 2e-4. Rounding
 * grows from step to step, as it does between one and two threads. */
const sameCurve = 1e-3

describe.each(rows)('$name', ({ absent, place }) => {
  const title = absent ? `(${absent})` : 'keeps the law'
  describe.skipIf(absent)(title, () => {
    beforeAll(() => place.open?.())
    afterAll(() => place.close?.())

    for (const [chapter, list] of Object.entries(laws)) {
      if (chapter === 'the bits of a canvas' && place.promises === 'none') continue
      describe(chapter, () => {
        test.each(Object.keys(list))('%s', (law) => place.keep(chapter, law))
      })
    }

    test('learns as the cpu does', async () => {
      const [own, expected] = [await place.curve(), await curve(cpu({ threads: 1 }))]
      expect(expected.at(-1)).toBeLessThan(0.9 * expected[0])
      const apart = own.map((loss, step) => Math.abs(loss / expected[step] - 1))
      expect(Math.max(...apart)).toBeLessThan(sameCurve)
    })
  })
})
