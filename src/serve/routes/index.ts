// The tables of routes, one for each service: a new route is one file and one row here.
import type { Routes, RunsService } from '../service.ts'
import { generate, twin } from './generate.ts'
import { health } from './health.ts'
import { histories } from './histories.ts'
import { model } from './model.ts'
import { page, runsPage } from './page.ts'

/** Writing with a model. */
export const routes: Routes = {
  ...page,
  '/generate': generate,
  '/twin': twin,
  '/model': model,
  '/health': health,
}

/** Training runs side by side. */
export const runsRoutes: Routes<RunsService> = {
  ...runsPage,
  '/histories': histories,
}
