// Runs a benchmark by name: npm run bench -- tales --model tales. Without a name it lists them.
// Benchmarks are TypeScript; they are bundled first, because Node 20 runs none.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const names = readdirSync(here)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => file.slice(0, -3))
const [name, ...rest] = process.argv.slice(2)
if (!names.includes(name)) {
  if (name) console.error(`unfog: there is no benchmark ${name}`)
  console.log('npm run bench -- NAME [options]\n')
  for (const each of names) {
    const [first] = readFileSync(join(here, `${each}.ts`), 'utf8').split('\n')
    console.log(`  ${each.padEnd(12)} ${first.replace(/^\/\/ /, '')}`)
  }
  process.exit(name ? 2 : 0)
}
const outfile = join(here, '..', '.cache', 'bench', `${name}.mjs`)
await build({
  entryPoints: [join(here, `${name}.ts`)],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  // programs as well as modules: bundled, they would take themselves for the one that was started
  external: ['../../scripts/*'],
  logLevel: 'error',
  define: { 'import.meta.url': JSON.stringify(new URL('../src/api/x.js', import.meta.url).href) },
})
process.exit(spawnSync(process.execPath, [outfile, ...rest], { stdio: 'inherit' }).status ?? 1)
