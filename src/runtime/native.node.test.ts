// What only the devices of Node do: profiles, and a look whether a provider runs here.
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { emit, exp, input, matmul, parameter } from '../graph/index.ts'
import { cpu } from './cpu.node.ts'
import { deviceKind, openDevice } from './device.ts'
import { deviceOf, devices } from './devices.node.ts'
import { runsHere } from './native.node.ts'
import { floats } from './testing/session-laws.ts'

const device = cpu({ threads: 1 })

test('profiles by kind of node, and leaves no file behind', async () => {
  const traces = () =>
    readdirSync(tmpdir()).filter((file) => file.startsWith(`unfog-profile-${process.pid}-`))
  const x = input('x', 'float', ['B', 64])
  const w = parameter('w', [64, 64])
  const graph = emit({ y: exp(matmul(exp(matmul(x, w)), w)) })
  const session = await device.session(graph, { profile: true })
  const feeds = {
    x: floats(new Array(64 * 8).fill(0.1), [8, 64]),
    w: floats(new Array(64 * 64).fill(0.01), [64, 64]),
  }
  await session.run(feeds)
  await session.run(feeds)
  const rows = await session.profile()
  const calls = Object.fromEntries(rows.map(({ op, calls }) => [op, calls]))
  expect(calls).toEqual({ MatMul: 4, Exp: 4 })
  expect(rows.every(({ milliseconds }) => milliseconds > 0 && milliseconds < 1000)).toBe(true)
  const times = rows.map(({ milliseconds }) => milliseconds)
  expect(times).toEqual([...times].sort((a, b) => b - a))
  await session.dispose()
  const unread = await device.session(graph, { profile: true })
  await unread.run(feeds)
  await unread.dispose()
  expect(traces()).toEqual([])
  const plain = await device.session(graph)
  await expect(plain.profile()).rejects.toThrow('made without profiling')
  await plain.dispose()
})

test('a provider that is no part of the package does not run here, and the processor does', async () => {
  expect(await runsHere('cpu')).toBe(true)
  expect(await runsHere('tensorrt')).toBe(false)
})

test('a device is opened by name, or refused in a sentence', async () => {
  expect((await deviceOf()).name).toBe('cpu')
  expect((await deviceOf('cpu', { threads: 3 })).threads).toBe(3)
  expect(await deviceOf(device)).toBe(device)
  await expect(openDevice(devices, 'abacus')).rejects.toMatchObject({
    code: 'usage',
    message: 'there is no device abacus: choose one of cpu, webgpu, cuda',
  })
  const absent = {
    ...devices,
    webgpu: deviceKind({ summary: '', absent: async () => 'no card' }, cpu),
  }
  await expect(openDevice(absent, 'webgpu')).rejects.toMatchObject({
    code: 'unsupported',
    message: 'no card',
  })
})
