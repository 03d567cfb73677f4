// `npm run docs`: the documents that are made from the code, one row each. A test holds that what is committed is
// what this makes.
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errorsPage } from './docs/errors.js'
import { roomImports, roomsPicture } from './docs/rooms.js'
import { root } from './process.js'

/** @typedef {(path: string) => Promise<any>} Load loads a module of src/, named without its ending */

/** @type {{ path: string, make: (load: Load) => Promise<string> }[]} */
export const documents = [
  {
    path: 'docs/errors.md',
    make: async (load) => errorsPage((await load('error/codes')).codes),
  },
  {
    path: 'docs/pictures/rooms.svg',
    make: async () => roomsPicture(roomImports(join(root, 'src'))),
  },
]

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  for (const { path, make } of documents) {
    const text = await make(
      (module) => import(new URL(`../dist/${module}.js`, import.meta.url).href),
    )
    writeFileSync(join(root, path), text)
    process.stdout.write(`${path}\n`)
  }
}
