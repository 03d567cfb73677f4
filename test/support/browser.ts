// A page in a real Chromium: a script of ours bundled, with onnxruntime-web's files beside it, isolated from other
// origins so that it may use threads. WebGPU runs on SwiftShader, which needs no graphics card.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium, type Page } from 'playwright-core'
import { components, findChromium } from '../../scripts/components.js'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const assets = join(root, 'node_modules/onnxruntime-web/dist')

/** Why no page can be opened, with the command that helps; undefined when one can. */
export const noBrowser = (): string | undefined =>
  findChromium() ? undefined : `no Chromium: ${components.chromium.command()} installs one`

const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
}

/** On a GPU that is a program, WebGPU takes twice as long with shared memory that is zeroed and indices that are checked.
 * Kernels need neither, which is shown by the way. */
const unguarded = '--enable-dawn-features=disable_workgroup_init,disable_robustness'

const arguments_ = [
  ...['--headless=new', '--no-sandbox', '--no-first-run', '--disable-background-networking'],
  ...['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', unguarded],
  ...['--enable-features=Vulkan', '--use-vulkan=swiftshader'],
]

/** A script and its parts, by name. @param alias modules to be replaced */
async function bundle(
  entry: string,
  alias: Record<string, string>,
): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: [join(root, entry)],
    alias,
    bundle: true,
    splitting: true,
    write: false,
    outdir: '/',
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  })
  return new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]))
}

export interface OpenPage {
  page: Page
  /** what went wrong in it unheard: errors of scripts and of the console */
  complaints: string[]
  close(): Promise<void>
}

/** @param entry a script, as a path from the root of the clone
 * @param files further files by the path they are asked for */
export async function openPage(
  entry: string,
  {
    alias = {},
    files = {},
  }: { alias?: Record<string, string>; files?: Record<string, string> } = {},
): Promise<OpenPage> {
  const scripts = await bundle(entry, alias)
  const html = `<!doctype html><link rel="icon" href="data:,"><script type="module" src="${basename(entry, extname(entry))}.js"></script>`
  const content = async (path: string): Promise<Uint8Array | string | undefined> => {
    if (path === '/') return html
    const [, folder, name] = /^\/(?:(.*)\/)?([^/]+)$/.exec(path) ?? []
    if (folder === 'onnxruntime-web') return readFile(join(assets, name))
    if (folder === undefined && scripts.has(name)) return scripts.get(name)
    const served = Object.entries(files).find(([prefix]) => path.startsWith(prefix))
    return served && readFile(join(root, served[1], path.slice(served[0].length)))
  }
  const server = createServer(async ({ url = '/' }, response) => {
    const path = new URL(url, 'http://localhost').pathname
    const body = await content(path).catch(() => undefined)
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': types[extname(path) || '.html'] ?? 'application/octet-stream',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    })
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const browser = await chromium.launch({ executablePath: findChromium(), args: arguments_ })
  const page = await browser.newPage()
  page.setDefaultTimeout(300_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => complaints.push(message.text()))
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`)
  return {
    page,
    complaints,
    async close() {
      await browser.close()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
