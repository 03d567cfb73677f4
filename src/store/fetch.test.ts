// A folder on the web: read as any store, each file asked for once, failures in a sentence.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fetchStore } from './fetch.ts'

const asked: string[] = []
const server = createServer(({ url = '' }, response) => {
  asked.push(url)
  if (url === '/model/a.txt') response.end('abcdef')
  else response.writeHead(url === '/model/broken' ? 500 : 404).end()
})
let address = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

test('reads a file whole and in parts, and fetches it once', async () => {
  const store = fetchStore(`${address}/`)
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
  expect(await store.stat('a.txt')).toMatchObject({ size: 6 })
  expect(text(await store.read('a.txt'))).toBe('abcdef')
  expect(text(await store.readRange('a.txt', 4, 9))).toBe('ef')
  const bytes = await store.read('a.txt')
  bytes[0] = 0
  expect(text(await store.read('a.txt'))).toBe('abcdef')
  expect(asked.filter((url) => url === '/model/a.txt')).toHaveLength(1)
})

test('says in a sentence what is missing, broken, or not to be written', async () => {
  const store = fetchStore(address)
  expect(await store.stat('b.txt')).toBe(undefined)
  await expect(store.read('b.txt')).rejects.toMatchObject({
    code: 'not_found',
    message: `there is no ${address}/b.txt`,
  })
  await expect(store.read('broken')).rejects.toMatchObject({
    code: 'io',
    message: `${address}/broken cannot be fetched: the server answers 500`,
  })
  await expect(store.write('a.txt', new Uint8Array())).rejects.toMatchObject({
    code: 'unsupported',
  })
})
