// `npm run docs`: the documents that are made from the code, one row each. A test holds that what is committed is
// what this makes.
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { commandsPage } from './docs/commands.js'
import { errorsPage } from './docs/errors.js'
import { roomImports, roomsPicture } from './docs/rooms.js'
import { root } from './process.js'

/** @typedef {(room: string) => Promise<any>} Load loads a room of src/ by its name */

/** @type {{ path: string, make: (load: Load) => Promise<string> }[]} */
export const documents = [
  {
    path: 'docs/errors.md',
    make: async (load) => errorsPage((await load('error')).codes),
  },
  {
    path: 'docs/cli.md',
    make: async (load) => {
      const { commands, flagOf } = await load('cli')
      return commandsPage(commands, flagOf)
    },
  },
  {
    path: 'docs/pictures/rooms.svg',
    make: async () => roomsPicture(roomImports(join(root, 'src'))),
  },
]

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  for (const { path, make } of documents) {
    const text = await make(
      (room) => import(new URL(`../dist/${room}/index.js`, import.meta.url).href),
    )
    writeFileSync(join(root, path), text)
    process.stdout.write(`${path}\n`)
  }
}
