// One trainer a folder. The lock names a process; one left behind by a process that is gone is taken over.
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { UnfogError } from '../error/index.ts'
import { fileError } from '../store/folder.node.ts'

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** @returns a function that gives the folder back
 * @throws UnfogError `busy` when another process trains there */
export function lockFolder(folder: string): () => void {
  const path = join(folder, 'lock')
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw fileError(error, folder, 'write')
  }
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const file = openSync(path, 'wx')
      writeSync(file, String(process.pid))
      closeSync(file)
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileError(error, path, 'write')
    }
    const holder = Number(readIfThere(path))
    if (holder && alive(holder)) {
      throw new UnfogError(
        'busy',
        `${folder} is being trained by process ${holder}: wait for it, or use another --out`,
        { param: 'out' },
      )
    }
    rmSync(path, { force: true })
  }
  throw new UnfogError('busy', `${folder} changes hands all the time: use another --out`, {
    param: 'out',
  })
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
