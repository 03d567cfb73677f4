#!/usr/bin/env node
// The command `unfog`. In a clone it first installs and builds what is missing; in an installed package there is
// nothing to build. It is plain JavaScript because Node 20 runs nothing else.
import { existsSync } from 'node:fs'
import { nodeFault } from './node-version.js'

const here = (/** @type {string} */ path) => new URL(path, import.meta.url)

async function ready() {
  const fault = nodeFault(process.version)
  if (fault) {
    process.stderr.write(`${fault}\n`)
    return false
  }
  if (!existsSync(here('../src'))) return true
  const { ensure } = await import(here('../scripts/ensure.js').href)
  return ensure('run')
}

if (await ready()) {
  const { main } = await import(here('../dist/cli/main.js').href)
  process.exitCode = await main(process.argv.slice(2))
} else {
  process.exitCode = 1
}
