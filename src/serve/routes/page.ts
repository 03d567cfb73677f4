// The page: plain files of the folder studio/, sent as they are.
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { type Route, route } from '../service.ts'

/** where the package keeps the page, seen from src/serve/routes and from dist/serve/routes */
const folder = new URL('../../../studio/', import.meta.url)

/** A file of the page. Queries mean nothing to it: old links may carry some. */
const file = (name: string, type: string, linked = false): Route =>
  route({
    about: `The page: ${name}.`,
    parameters: z.looseObject({}),
    linked,
    handle: async () =>
      new Response(await readFile(new URL(name, folder)), {
        headers: { 'Content-Type': type, 'Cache-Control': 'no-cache' },
      }),
  })

const script = (name: string): Route => file(name, 'text/javascript; charset=utf-8')

export const page = {
  '/': file('index.html', 'text/html; charset=utf-8', true),
  '/page.css': file('page.css', 'text/css; charset=utf-8'),
  '/icon.svg': file('icon.svg', 'image/svg+xml'),
  '/page.js': script('page.js'),
  '/asking.js': script('asking.js'),
  '/fog.js': script('fog.js'),
  '/player.js': script('player.js'),
  '/settings.js': script('settings.js'),
} satisfies Record<string, Route>
