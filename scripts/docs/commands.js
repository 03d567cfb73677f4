// docs/cli.md: the table of commands, as a page.

/** @typedef {{ value?: string, bare?: boolean, about: string }} Option */
/** @typedef {{
 *   about: string,
 *   argument?: { name: string, about: string, optional?: boolean },
 *   options: Record<string, Option>,
 *   notes?: () => string,
 *   examples: readonly string[],
 * }} Command */

/** @param {Record<string, Command>} commands
 * @param {(name: string, option: Option) => string} flagOf
 * @returns {string} markdown */
export function commandsPage(commands, flagOf) {
  const names = Object.keys(commands)
  const overview = names.map(
    (name) => `| [\`${name}\`](#unfog-${name}) | ${commands[name].about} |`,
  )
  return `# Command line

In a clone it is \`npx unfog\`; the first time it installs and builds what is missing.

| command | what it does |
| --- | --- |
${overview.join('\n')}

- What a command makes goes to stdout, what it says about it to stderr. \`--json\` prints one JSON a line, for programs.
- Exit status: 0 done, 1 failure, 2 wrong usage, 130 stopped by Ctrl-C. A failure is one sentence on stderr; \`--debug\`
  adds where in the code. A closed pipe (\`| head\`) is no error.
- Times are written \`90\`, \`3m\` or \`1h30m\`, counts \`5000\`, \`500k\` or \`2M\`.
- Colours and repainting need a terminal; \`NO_COLOR=1\` or a pipe gives plain lines.

${names.map((name) => section(name, commands[name], flagOf)).join('\n\n')}

Made from \`src/cli/commands\` by \`npm run docs\`.
`
}

/** @param {string} name
 * @param {Command} command
 * @param {(name: string, option: Option) => string} flagOf */
function section(name, { about, argument, options, notes, examples }, flagOf) {
  const word = argument && (argument.optional ? ` [${argument.name}]` : ` <${argument.name}>`)
  const rows = [
    ...(argument ? [`| \`${argument.name}\` | ${cell(argument.about)} |`] : []),
    ...Object.entries(options).map(([key, option]) => {
      const value = option.value && (option.bare ? ` [${option.value}]` : ` <${option.value}>`)
      return `| \`${flagOf(key, option)}${value ?? ''}\` | ${cell(option.about)} |`
    }),
  ]
  const parts = [
    `## unfog ${name}`,
    `\`unfog ${name}${word ?? ''} [options]\`: ${about}.`,
    `\`\`\`sh\n${examples.map((line) => `npx ${line.replaceAll('| unfog', '| npx unfog')}`).join('\n')}\n\`\`\``,
    `| flag | what it does |\n| --- | --- |\n${rows.join('\n')}`,
    ...(notes ? [`\`\`\`text\n${notes()}\n\`\`\``] : []),
  ]
  return parts.join('\n\n')
}

/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
