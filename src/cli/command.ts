// A command is one file and one row of the table `commands`: its options, what it does, examples that the tests run.
import type { Io } from './io.ts'
import type { Options, Values } from './option.ts'

export interface Command<O extends Options = Options> {
  /** one line */
  readonly about: string
  /** the word that may stand without a flag, or several of it */
  readonly argument?: {
    readonly name: string
    readonly about: string
    readonly optional?: boolean
    readonly many?: boolean
  }
  readonly options: O
  /** lines below the options in help */
  readonly notes?: () => string
  /** whole command lines; the first stands in the overview */
  readonly examples: readonly string[]
  /** When it is interrupted it saves what it has and is waited for. */
  readonly saves?: boolean
  /** @param argument '' when it was left out
   * @param more further words, where there may be several
   * @returns the exit status; without one 0, or that of the signal that stopped it
   * @throws UnfogError */
  run(values: Values<O>, io: Io, argument: string, ...more: string[]): Promise<number | undefined>
}

/** Ties the types of `run` to the options; for the table, commands are all of one type. */
export const command = <O extends Options>(row: Command<O>): Command => row as unknown as Command
