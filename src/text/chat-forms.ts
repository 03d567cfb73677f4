// How records hold conversations: lists of messages (OpenAI, ShareGPT), or columns of instructions and answers (Alpaca,
// Dolly and their like). A new form is one row.
import type { Role, Turn } from './conversation.ts'

type Fields = Readonly<Record<string, unknown>>

/** @throws what is wrong with a record, as the end of the sentence "line 3 …" */
type Refuse = (why: string) => never

interface ChatForm {
  readonly about: string
  /** a sentence's subject: what a record of this form has */
  readonly has: string
  fits(fields: Fields): boolean
  turns(fields: Fields, refuse: Refuse): Turn[]
}

/** What data sets call the roles. */
const roleNames: Readonly<Record<string, Role>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  human: 'user',
  assistant: 'assistant',
  gpt: 'assistant',
  model: 'assistant',
}

/** A list of messages, or the JSON of one: that is how .csv holds them. */
function listIn(value: unknown): unknown[] | undefined {
  if (Array.isArray(value)) return value
  if (typeof value !== 'string' || !value.trimStart().startsWith('[')) return undefined
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

const isList = (value: unknown): boolean =>
  listIn(value)?.every((one) => typeof one === 'object' && one !== null) ?? false

function turnOf(message: unknown, refuse: Refuse): Turn {
  const { role, from, content, value } = message as Fields
  const name = role ?? from
  const text = content ?? value
  const known = typeof name === 'string' && Object.hasOwn(roleNames, name) && roleNames[name]
  if (!known) {
    return refuse(
      `has a message of the role ${JSON.stringify(name)}: it must be ${Object.keys(roleNames).join(', ')}`,
    )
  }
  if (typeof text !== 'string') return refuse(`has a message of the ${known} that is no text`)
  return { role: known, content: text.replaceAll('\r\n', '\n') }
}

const messageList = (field: string, source: string): ChatForm => ({
  about: `a list "${field}" of messages, each with its role (${source})`,
  has: `"${field}"`,
  fits: (fields) => isList(fields[field]),
  turns: (fields, refuse) =>
    isList(fields[field])
      ? listIn(fields[field])!.map((message) => turnOf(message, refuse))
      : refuse(`has no list of messages in "${field}"`),
})

/** The first of some columns that a record has. */
const columnIn = (fields: Fields, names: readonly string[]): string | undefined =>
  names.find((name) => Object.hasOwn(fields, name))

/** @param question columns of what is asked, the first of them needed  @param answers other names of one column */
const columns = (
  question: readonly [string, ...string[]],
  answers: readonly string[],
): ChatForm => {
  const [needed, ...more] = question
  const parts = [...question.map((name) => [name]), answers]
  return {
    about: `columns ${needed} and ${answers.join(' or ')}${more.length > 0 ? `, perhaps ${more.join(' or ')}` : ''}`,
    has: `"${needed}" and "${answers[0]}"`,
    fits: (fields) =>
      typeof fields[needed] === 'string' &&
      answers.some((name) => typeof fields[name] === 'string'),
    turns(fields, refuse) {
      const texts = parts.map((names) => {
        const name = columnIn(fields, names)
        const value = name === undefined ? undefined : fields[name]
        if (typeof value === 'string') return value.replaceAll('\r\n', '\n')
        const may = names[0] !== needed && names !== answers
        if (may && (value === undefined || value === null)) return ''
        return refuse(`has no text in "${name ?? names[0]}"`)
      })
      const content = texts.slice(0, -1).filter((text) => text.trim() !== '')
      return [
        { role: 'user', content: content.join('\n\n') },
        { role: 'assistant', content: texts[texts.length - 1] },
      ]
    },
  }
}

/** Every form, in the order in which they are looked for. */
export const chatForms = {
  messages: messageList('messages', 'OpenAI'),
  conversations: messageList('conversations', 'ShareGPT'),
  instruction: columns(['instruction', 'input', 'context'], ['output', 'response']),
  prompt: columns(['prompt'], ['completion', 'response']),
  question: columns(['question'], ['answer']),
} satisfies Record<string, ChatForm>

export type ChatFormName = keyof typeof chatForms

/** What may be asked for: a form, or that records are texts and no conversations. */
export type ChatChoice = ChatFormName | 'none'

/** The form of a record; undefined when it holds no conversation. */
export const chatFormOf = (fields: Fields): ChatFormName | undefined =>
  (Object.keys(chatForms) as ChatFormName[]).find((name) => chatForms[name].fits(fields))
