// The pages: plain files of the folder studio/, and of the library that draws curves, sent as they are.
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { type Route, type Routes, type RunsService, route } from '../service.ts'

/** where the package keeps the page, seen from src/serve/routes and from dist/serve/routes */
const folder = new URL('../../../studio/', import.meta.url)

const uPlot = new URL('./', import.meta.resolve('uplot'))

/** A file of a page. Queries mean nothing to it: old links may carry some. */
const file = <S>(name: string, type: string, { linked = false, from = folder } = {}): Route<S> =>
  route({
    about: `The page: ${name}.`,
    parameters: z.looseObject({}),
    linked,
    handle: async () =>
      new Response(await readFile(new URL(name, from)), {
        headers: { 'Content-Type': type, 'Cache-Control': 'no-cache' },
      }),
  })

const html = <S>(name: string) => file<S>(name, 'text/html; charset=utf-8', { linked: true })
const style = <S>(name: string, from = folder) => file<S>(name, 'text/css; charset=utf-8', { from })
const script = <S>(name: string, from = folder) =>
  file<S>(name, 'text/javascript; charset=utf-8', { from })
const icon = <S>() => file<S>('icon.svg', 'image/svg+xml')

export const page: Routes = {
  '/': html('index.html'),
  '/page.css': style('page.css'),
  '/icon.svg': icon(),
  '/page.js': script('page.js'),
  '/asking.js': script('asking.js'),
  '/fog.js': script('fog.js'),
  '/player.js': script('player.js'),
  '/settings.js': script('settings.js'),
  '/twin.js': script('twin.js'),
  '/why.js': script('why.js'),
}

export const runsPage: Routes<RunsService> = {
  '/': html('runs.html'),
  '/page.css': style('page.css'),
  '/runs.css': style('runs.css'),
  '/icon.svg': icon(),
  '/runs.js': script('runs.js'),
  '/asking.js': script('asking.js'),
  '/curves.js': script('curves.js'),
  '/uplot.css': style('uPlot.min.css', uPlot),
  '/uplot.js': script('uPlot.esm.js', uPlot),
}
