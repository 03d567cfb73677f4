// The studio's pages in a real Chromium, as their tests open them: what a page says or asks for unheard is a complaint.
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { components, findChromium } from '../../scripts/components.js'

const program = findChromium()

/** Without a Chromium the tests are skipped; where nothing may be missing, they fail. */
export const absent = program === undefined && process.env.CI !== 'true'

/** The name of a suite, and why it is skipped where it is. */
export const titled = (name: string): string =>
  absent ? `${name} (no Chromium: ${components.chromium.command()} installs one)` : name

const quiet = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

export function launch(): Promise<Browser> {
  if (!program) throw new Error(`there is no Chromium: ${components.chromium.command()}`)
  return chromium.launch({ executablePath: program, args: quiet })
}

/** A page that has opened nothing yet. @param site where it may ask for things */
export async function newPage(
  browser: Browser,
  options: BrowserContextOptions,
  site: string,
  complaints: string[],
): Promise<Page> {
  const context = await browser.newContext(options)
  // a busy machine is no failure
  context.setDefaultTimeout(180_000)
  const page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => complaints.push(message.text()))
  page.on('request', (request) => {
    if (!request.url().startsWith(site)) complaints.push(`asks for ${request.url()}`)
  })
  return page
}
