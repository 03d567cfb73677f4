// Who may ask. The server listens on this machine only, but a browser on this machine also runs other people's pages.
// A name of theirs can be made to point here (DNS rebinding): the Host header then tells the name. And they can ask
// here directly: then Origin, or for requests that carry none (images, scripts) Sec-Fetch-Site, tells where they are
// from. No page but our own gets an answer.
import { UnfogError } from '../error/index.ts'

/** the names of this machine, as a Host header writes them */
const ownNames = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** where a request may come from: our own page, or an address that somebody typed */
const ownSites = new Set(['same-origin', 'none'])

/** @param linked may a link on somebody else's page lead here?
 * @throws UnfogError `forbidden` */
export function checkSender(headers: Headers, linked: boolean): void {
  const host = headers.get('host') ?? ''
  if (!ownNames.has(host.toLowerCase().replace(/:\d*$/, ''))) {
    throw forbidden(
      `this server answers to 127.0.0.1 and localhost only, not to ${JSON.stringify(host)}: use the address it printed`,
      'Host',
    )
  }
  const origin = headers.get('origin')
  if (origin !== null && origin !== `http://${host}`) {
    throw forbidden(`pages of ${origin} may not ask this server`, 'Origin')
  }
  const site = headers.get('sec-fetch-site')
  const followed = linked && headers.get('sec-fetch-dest') === 'document'
  if (site !== null && !ownSites.has(site) && !followed) {
    throw forbidden("other sites' pages may not ask this server", 'Sec-Fetch-Site')
  }
}

const forbidden = (message: string, param: string): UnfogError =>
  new UnfogError('forbidden', message, { param })
