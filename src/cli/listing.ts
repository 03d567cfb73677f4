// Tables for people: columns as wide as their widest cell, the last one wrapped.

/** @param columns of the terminal */
export function listing(rows: readonly (readonly string[])[], columns = 100): string {
  const widths = rows[0].slice(0, -1).map((_, i) => Math.max(...rows.map((row) => row[i].length)))
  const indent = widths.reduce((sum, width) => sum + width + 2, 0)
  return rows
    .map((row) => {
      const head = row.slice(0, -1).map((cell, i) => `${cell.padEnd(widths[i])}  `)
      return head.join('') + fill(row[row.length - 1], Math.max(24, columns - indent), indent)
    })
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

function fill(text: string, width: number, indent: number): string {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1]
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines.join(`\n${' '.repeat(indent)}`)
}
