// The table of routes: a new one is one file and one row here.
import type { Route } from '../service.ts'
import { generate } from './generate.ts'
import { health } from './health.ts'
import { model } from './model.ts'
import { page } from './page.ts'

export const routes: Readonly<Record<string, Route>> = {
  ...page,
  '/generate': generate,
  '/model': model,
  '/health': health,
}
