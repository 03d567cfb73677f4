// What all pictures have in common: one paper, one letter, whatever stands on it.

/** Characters of a text that mean something to XML, as themselves. */
export const escaped = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

/** @param width  @param height pixels  @param body what is drawn */
export const svg = (width: number, height: number, body: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12"><rect width="100%" height="100%" fill="#fbfaf7"/>${body}</svg>\n`
