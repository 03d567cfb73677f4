// One line about a text: what it cost and what it is worth.
import type { Completion } from '../index.ts'

/** @param errors what the checker found, [] for a true tale; undefined where texts are no tales */
export function summaryOf(
  { seed, forwards, tokens, ms, disobeyed }: Omit<Completion, 'text' | 'done'>,
  errors?: readonly string[],
): string {
  const parts = [`${tokens} tokens, ${forwards} forwards, ${ms} ms, seed ${seed}`]
  if (errors) parts.push(errors.length === 0 ? 'a true tale' : `no true tale: ${errors[0]}`)
  if (disobeyed.length > 0) parts.push(`not as asked: ${disobeyed.join(', ')}`)
  return parts.join('; ')
}
