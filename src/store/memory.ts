// A store that forgets: for tests, and for models that were never on a disk.
import { UnfogError } from '../error/index.ts'
import type { Store } from './store.ts'

export function memoryStore(files: Record<string, Uint8Array> = {}): Store {
  const content = new Map(Object.entries(files))
  const modified = new Map<string, number>()
  let changes = 0

  const existing = (path: string): Uint8Array => {
    const data = content.get(path)
    if (!data) throw new UnfogError('not_found', `there is no ${path} in memory`, { param: path })
    return data
  }
  const put = (path: string, data: Uint8Array) => {
    content.set(path, data)
    modified.set(path, ++changes)
  }
  return {
    name: 'memory',
    read: async (path) => existing(path).slice(),
    readRange: async (path, offset, length) => existing(path).slice(offset, offset + length),
    write: async (path, data) => put(path, data.slice()),
    append: async (path, data) => {
      const old = content.get(path) ?? new Uint8Array()
      const joined = new Uint8Array(old.length + data.length)
      joined.set(old)
      joined.set(data, old.length)
      put(path, joined)
    },
    truncate: async (path, size) => put(path, existing(path).slice(0, size)),
    stat: async (path) => {
      const data = content.get(path)
      return data && { size: data.length, modified: modified.get(path) ?? 0 }
    },
    list: async (folder) => {
      const prefix = folder === '' ? '' : `${folder}/`
      return [...content.keys()].filter((path) => path.startsWith(prefix)).sort()
    },
    remove: async (path) => {
      content.delete(path)
    },
  }
}
