// Results that outlast an interruption: one line of JSON each, written when it is there. What a file holds already is
// not measured again.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** @param Q what was measured: plain data, whose JSON tells one measurement from another */
export class Ledger<Q extends object, R extends object> {
  private readonly path: string
  private readonly found = new Map<string, R>()

  constructor(path: string) {
    this.path = path
    mkdirSync(dirname(path), { recursive: true })
    if (!existsSync(path)) return
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      try {
        // JSON writes infinity as null
        const entry = JSON.parse(line, (_, value) => value ?? Number.POSITIVE_INFINITY)
        const { question, result } = entry as { question: Q; result: R }
        this.found.set(JSON.stringify(question), result)
      } catch {
        // an empty line, or one that was cut off when the power went
      }
    }
  }

  result(question: Q): R | undefined {
    return this.found.get(JSON.stringify(question))
  }

  /** Measures what the file does not hold yet. */
  async once(question: Q, measure: () => Promise<R>): Promise<R> {
    const known = this.result(question)
    if (known) return known
    const result = await measure()
    // on a line of its own, also after one that was cut off
    appendFileSync(this.path, `\n${JSON.stringify({ question, result })}`)
    this.found.set(JSON.stringify(question), result)
    return result
  }
}
