// The table of commands as a commander program: parsing, help, suggestions for mistyped words.
import { readFileSync } from 'node:fs'
import { Command as Program, Option as ProgramOption } from 'commander'
import type { Command } from './command.ts'
import type { Io } from './io.ts'
import { flagOf, type Option } from './option.ts'

/** What was asked for, once parsed. */
export interface Asked {
  name: string
  command: Command
  run(io: Io): Promise<number | undefined>
}

const version = (): string =>
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version

/** @param ask called with the command that was asked for
 * @param print where help goes */
export function makeProgram(
  commands: Readonly<Record<string, Command>>,
  ask: (asked: Asked) => void,
  print: (text: string) => void,
  columns: number,
): Program {
  const program = new Program('unfog')
    .description(
      'Diffusion language models for TypeScript: text starts as fog and sharpens all at once.',
    )
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: print,
      writeErr: () => {},
      getOutHelpWidth: () => Math.min(columns, 100),
    })
    .addHelpText('after', overview(commands))
  for (const [name, command] of Object.entries(commands)) {
    addCommand(program, name, command, ask)
  }
  return program
}

function addCommand(
  program: Program,
  name: string,
  command: Command,
  ask: (asked: Asked) => void,
): void {
  const { about, argument, options, notes, examples } = command
  const row = program
    .command(name)
    .description(about)
    .helpOption('-h, --help', 'print this help')
    .copyInheritedSettings(program)
  if (argument) {
    const name = argument.many ? `${argument.name}...` : argument.name
    row.argument(argument.optional ? `[${name}]` : `<${name}>`, argument.about)
  }
  const given: Record<string, unknown> = {}
  for (const [key, option] of Object.entries(options)) {
    row.addOption(programOption(key, option, given))
  }
  row.addOption(new ProgramOption('--debug', 'on failure, show where in the code'))
  const after = [notes?.(), `Examples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`]
  row.addHelpText(
    'after',
    after
      .filter(Boolean)
      .map((part) => `\n${part}`)
      .join('\n'),
  )
  row.action((...words: unknown[]) => {
    // commander gives a list where there may be several
    const [first = '', ...more] =
      argument && words[0] !== undefined ? [words[0] as string].flat() : []
    ask({ name, command, run: (io) => command.run(given as never, io, first, ...more) })
  })
}

function programOption(key: string, option: Option, given: Record<string, unknown>): ProgramOption {
  const flag = flagOf(key, option)
  const value = option.value && (option.bare ? ` [${option.value}]` : ` <${option.value}>`)
  const made = new ProgramOption(`${flag}${value ?? ''}`, option.about)
  made.argParser((raw: string) => {
    given[key] = option.read(raw, flag)
    return given[key]
  })
  return option.bare ? made.preset('') : made
}

function overview(commands: Readonly<Record<string, Command>>): string {
  const lines = Object.values(commands).map(({ examples }) => `  $ ${examples[0]}`)
  return `\nExamples:\n${lines.join('\n')}\n\nunfog <command> --help says more.`
}
