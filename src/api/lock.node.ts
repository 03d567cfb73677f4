// One trainer a folder. The lock names a process; one left behind by a process that is gone is taken over.
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
    if (taken(path)) return () => rmSync(path, { force: true })
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

/** Makes the lock with its content in one step, so that nobody finds it empty. @returns false when there is one */
function taken(path: string): boolean {
  const own = `${path}.${process.pid}`
  try {
    writeFileSync(own, String(process.pid))
    linkSync(own, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw fileError(error, path, 'write')
  } finally {
    rmSync(own, { force: true })
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
