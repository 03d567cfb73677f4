import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { folderStore } from './folder.node.ts'
import { memoryStore, readText, type Store, writeText } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'unfog-store-'))
afterAll(() => rmSync(folder, { recursive: true }))

const stores: Record<string, () => Store> = {
  folder: () => folderStore(join(folder, 'a')),
  memory: () => memoryStore(),
}

for (const [name, make] of Object.entries(stores)) {
  describe(name, () => {
    const store = make()
    test('reads back what was written, whole or in part', async () => {
      await writeText(store, 'deep/er/x.txt', 'hello fog')
      expect(await readText(store, 'deep/er/x.txt')).toBe('hello fog')
      expect(new TextDecoder().decode(await store.readRange('deep/er/x.txt', 6, 99))).toBe('fog')
      expect((await store.stat('deep/er/x.txt'))?.size).toBe(9)
    })
    test('appends, truncates, lists, removes', async () => {
      await store.append('log', new TextEncoder().encode('one\n'))
      await store.append('log', new TextEncoder().encode('two\n'))
      expect(await readText(store, 'log')).toBe('one\ntwo\n')
      await store.truncate('log', 4)
      expect(await readText(store, 'log')).toBe('one\n')
      expect(await store.list('')).toEqual(['deep/er/x.txt', 'log'])
      expect(await store.list('deep')).toEqual(['deep/er/x.txt'])
      await store.remove('log')
      await store.remove('log')
      expect(await store.stat('log')).toBeUndefined()
    })
    test('says in one sentence what is missing', async () => {
      await expect(store.read('nowhere')).rejects.toMatchObject({ code: 'not_found' })
    })
    test('a reader never sees a change of what it was given', async () => {
      const data = new Uint8Array([1, 2, 3])
      await store.write('bytes', data)
      data[0] = 9
      expect([...(await store.read('bytes'))]).toEqual([1, 2, 3])
    })
  })
}

test('a folder store keeps no temporary files and refuses to leave its folder', async () => {
  const store = folderStore(join(folder, 'b'))
  await writeText(store, 'x', 'y')
  expect(readdirSync(join(folder, 'b'))).toEqual(['x'])
  await expect(async () => store.read('../a/bytes')).rejects.toThrow('leads out of')
})
