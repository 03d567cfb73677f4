// A folder of the disk as a Store. Writes go to a temporary file beside the target, are synced, and are renamed
// over it: whoever reads sees the old content or the new, never a part.
import { mkdir, open, readdir, readFile, rename, rm, stat, truncate } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { UnfogError } from '../error/index.ts'
import type { Store } from './store.ts'

/** Turns the operating system's refusal into one sentence. */
export function fileError(error: unknown, path: string, doing: 'read' | 'write'): UnfogError {
  const code = (error as NodeJS.ErrnoException)?.code
  const options = { param: path, cause: error }
  if (code === 'ENOENT' && doing === 'read')
    return new UnfogError('not_found', `there is no file ${path}`, options)
  if (code === 'EISDIR')
    return new UnfogError('bad_input', `${path} is a folder; a file is needed`, options)
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return new UnfogError(
      'io',
      `cannot ${doing} ${path}: a part of that path is a file, not a folder`,
      options,
    )
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new UnfogError(
      'disk_full',
      `no room left to write ${path}: free some space and run again`,
      options,
    )
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new UnfogError('io', `not allowed to ${doing} ${path}: check the permissions`, options)
  }
  return new UnfogError(
    'io',
    `cannot ${doing} ${path}: ${(error as Error)?.message ?? error}`,
    options,
  )
}

async function guarded<T>(
  path: string,
  doing: 'read' | 'write',
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof UnfogError ? error : fileError(error, path, doing)
  }
}

async function syncedWrite(path: string, data: Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.part`
  try {
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(data)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
  // the rename itself must reach the disk too; not every platform lets a folder be opened
  const folder = await open(dirname(path), 'r').catch(() => undefined)
  await folder?.sync().catch(() => {})
  await folder?.close()
}

async function walk(root: string, folder: string, found: string[]): Promise<void> {
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) await walk(root, path, found)
    else if (entry.isFile()) found.push(path)
  }
}

export function folderStore(folder: string): Store {
  const root = resolve(folder)
  const at = (path: string): string => {
    const full = resolve(root, path)
    if (full !== root && !full.startsWith(root.endsWith(sep) ? root : root + sep)) {
      throw new UnfogError('bad_input', `${path} leads out of ${root}`, { param: path })
    }
    return full
  }
  return {
    name: folder,
    read: (path) => guarded(at(path), 'read', () => readFile(at(path))),
    readRange: (path, offset, length) =>
      guarded(at(path), 'read', async () => {
        const file = await open(at(path), 'r')
        try {
          const buffer = new Uint8Array(length)
          const { bytesRead } = await file.read(buffer, 0, length, offset)
          return buffer.subarray(0, bytesRead)
        } finally {
          await file.close()
        }
      }),
    write: (path, data) =>
      guarded(at(path), 'write', async () => {
        await mkdir(dirname(at(path)), { recursive: true })
        await syncedWrite(at(path), data)
      }),
    append: (path, data) =>
      guarded(at(path), 'write', async () => {
        await mkdir(dirname(at(path)), { recursive: true })
        const file = await open(at(path), 'a')
        try {
          await file.writeFile(data)
        } finally {
          await file.close()
        }
      }),
    truncate: (path, size) => guarded(at(path), 'write', () => truncate(at(path), size)),
    stat: async (path) => {
      const info = await stat(at(path)).catch(() => undefined)
      return info?.isFile() ? { size: info.size, modified: info.mtimeMs } : undefined
    },
    list: (path) =>
      guarded(at(path), 'read', async () => {
        const found: string[] = []
        await walk(root, path, found).catch((error) => {
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        })
        return found.sort()
      }),
    remove: (path) => guarded(at(path), 'write', () => rm(at(path), { force: true })),
  }
}
