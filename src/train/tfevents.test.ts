// Bytes that others have published, and frames read back by their definition. TensorBoard itself reads a whole run in
// test/tensorboard.test.ts.
import { describe, expect, test } from 'vitest'
import { crc32c, scalarEvent, timeOf, versionEvent } from './tfevents.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('CRC-32C', () => {
  test('gives the values of RFC 3720, B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e)
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
  })
})

describe('an event', () => {
  test('of the version is 24 bytes, whose length has the checksum that TensorFlow gives it', () => {
    const record = versionEvent(1.5)
    expect(record.length).toBe(16 + 24)
    // every event file of TensorFlow begins so
    expect(hex(record.subarray(0, 12))).toBe('1800000000000000a37f4b22')
    expect(timeOf(record)).toBe(1.5)
    expect(timeOf(record.subarray(0, 20))).toBeUndefined()
    expect(timeOf(new Uint8Array(40))).toBeUndefined()
  })

  test('of numbers holds time, step, names and values', () => {
    const record = scalarEvent(0, 300, { a: 1.5 })
    const message = [
      '090000000000000000', // wall_time
      '10ac02', // step
      '2a0a', // summary
      '0a080a0161150000c03f', // value: tag a, 1.5
    ].join('')
    expect(hex(record.subarray(12, -4))).toBe(message)
  })
})
