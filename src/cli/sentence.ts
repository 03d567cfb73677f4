// Any failure as one sentence on one line, and the exit status it leaves.
import { CommanderError } from 'commander'
import { UnfogError } from '../error/index.ts'

export interface Failure {
  sentence: string
  exit: 1 | 2
}

export function failureOf(error: unknown, command?: string): Failure {
  if (error instanceof UnfogError) {
    const hint = error.hint ? ` (${error.hint})` : ''
    return { sentence: oneLine(error.message + hint), exit: error.exit }
  }
  if (error instanceof CommanderError) {
    const help = `see unfog ${command ? `${command} ` : ''}--help`
    return { sentence: `${wording(error)}: ${help}`, exit: 2 }
  }
  const message = error instanceof Error ? error.message : String(error)
  return {
    sentence: oneLine(`something went wrong inside: ${message} (--debug shows where)`),
    exit: 1,
  }
}

const oneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, ' ')

/** Commander's words without its "error:", its quotation marks and its full stops. */
function wording({ message }: CommanderError): string {
  return oneLine(message)
    .replace(/^error: /, '')
    .replace(/option '(-[^']*)' argument missing/, '$1 needs a value')
    .replace(/unknown option '(-[^']*)'/, 'there is no option $1')
    .replace(/unknown command '([^']*)'/, 'there is no command $1')
    .replace(/missing required argument '([^']*)'/, 'the argument <$1> is missing')
    .replace(
      /too many arguments.*/,
      'there are more words than it takes (quote a text with spaces)',
    )
    .replace(/ ?\(Did you mean (?:one of )?(.*)\?\)$/, ' (did you mean $1?)')
}
