// Does a text do what was asked of it? Labels are compared with what the checker reads in the text.
import { check } from './check/index.ts'
import { disobeyed, type Labels, labelsOf } from './labels.ts'
import type { WorldName } from './worlds.ts'

/** Whether a text is a tale that has the labels asked for; if not, what it has instead. */
export function obeys(
  world: WorldName,
  asked: Partial<Labels>,
  text: string,
): { ok: boolean; errors: string[] } {
  const { facts, errors } = check(world, text)
  if (!facts) return { ok: false, errors: [`this is no tale: ${errors[0]}`] }
  const wrong = disobeyed(asked, labelsOf(world, text, facts))
  return { ok: wrong.length === 0, errors: wrong }
}
