// The command line: words in, exit status out. Every failure leaves as one sentence on stderr.
import { CommanderError } from 'commander'
import { commands } from './commands/index.ts'
import { type Io, processIo, type Stop } from './io.ts'
import { type Asked, makeProgram } from './program.ts'
import { failureOf } from './sentence.ts'

/** Runs one command.
 * @param argv the words after the program's name
 * @param given streams and time; the process' own when absent
 * @returns exit status: 0 done, 1 failure, 2 wrong usage, 130 interrupted */
export async function main(argv: readonly string[], given?: Io): Promise<number> {
  let asked: Asked | undefined
  const own = given ? undefined : processIo(() => asked?.command.saves ?? false)
  const io = given ?? (own as Io)
  try {
    asked = parse(argv, io)
    const exit = await asked?.run(io)
    const stop = stopOf(io)
    if (stop?.error) throw stop.error
    return exit ?? stop?.exit ?? 0
  } catch (error) {
    const stop = stopOf(io)
    // what breaks because we were told to stop is no failure
    if (stop && !stop.error) return stop.exit
    const { sentence, exit } = failureOf(stop?.error ?? error, asked?.name ?? commandIn(argv))
    await io.stderr.write(`unfog: ${sentence}\n`)
    if (argv.includes('--debug')) await io.stderr.write(`${traceOf(error)}\n`)
    return exit
  } finally {
    own?.close()
  }
}

const stopOf = ({ signal }: Io): Stop | undefined =>
  signal.aborted ? (signal.reason as Stop) : undefined

/** @returns undefined when help or the version was asked for, and printed */
function parse(argv: readonly string[], io: Io): Asked | undefined {
  let asked: Asked | undefined
  const program = makeProgram(
    commands,
    (command) => {
      asked = command
    },
    (text) => void io.stdout.write(text),
    io.stdout.columns,
  )
  try {
    program.parse(argv.length === 0 ? ['--help'] : argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError && error.exitCode === 0)) throw error
  }
  return asked
}

const commandIn = (argv: readonly string[]): string | undefined =>
  argv.find((word) => Object.hasOwn(commands, word))

function traceOf(error: unknown): string {
  const traces: string[] = []
  for (let at = error; at instanceof Error; at = at.cause) traces.push(at.stack ?? at.message)
  return traces.join('\ncaused by ')
}
