// Files of a folder on the web, to be read. Each is fetched once, whole: a model needs every byte of its files.
import { UnfogError } from '../error/index.ts'
import type { Store } from './store.ts'

/** @param folder its address, absolute or relative to the page */
export function fetchStore(folder: string): Store {
  const root = folder.replace(/\/+$/, '')
  const fetched = new Map<string, Promise<Uint8Array | undefined>>()

  const content = (path: string): Promise<Uint8Array | undefined> => {
    const known = fetched.get(path) ?? download(`${root}/${path}`)
    fetched.set(path, known)
    return known
  }
  const existing = async (path: string): Promise<Uint8Array> => {
    const data = await content(path)
    if (data) return data
    throw new UnfogError('not_found', `there is no ${root}/${path}`, { param: path })
  }
  const readOnly = async (): Promise<never> => {
    throw new UnfogError('unsupported', `${root} is on the web and can only be read`)
  }
  return {
    name: root,
    read: async (path) => (await existing(path)).slice(),
    readRange: async (path, offset, length) =>
      (await existing(path)).slice(offset, offset + length),
    stat: async (path) => {
      const data = await content(path)
      return data && { size: data.length, modified: 0 }
    },
    write: readOnly,
    append: readOnly,
    truncate: readOnly,
    list: readOnly,
    remove: readOnly,
  }
}

/** undefined where there is no such file */
async function download(address: string): Promise<Uint8Array | undefined> {
  const failed = (why: string, cause?: unknown) =>
    new UnfogError('io', `${address} cannot be fetched: ${why}`, { param: address, cause })
  const response = await fetch(address).catch((cause) => {
    throw failed((cause as Error).message, cause)
  })
  if (response.status === 404) return undefined
  if (!response.ok) throw failed(`the server answers ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}
