// The package in JavaScript, for tests that start programs of their own: Node 20 runs no TypeScript. It is built once,
// and again only when the sources have changed.
import { join } from 'node:path'
import { build, stale } from '../../scripts/build.js'
import { root } from '../../scripts/process.js'

/** @returns the folder dist, built from the sources as they are now */
export async function built(): Promise<string> {
  const fault = stale() ? await build({ types: false }) : undefined
  if (fault) throw new Error(`the build failed:\n${fault}`)
  return join(root, 'dist')
}
