// The query of a request, checked once: every parameter known, none twice, each in its range.
import { z } from 'zod'
import { policies, ranges } from '../denoise/index.ts'
import { UnfogError } from '../error/index.ts'
import type { GenerateOptions } from '../index.ts'

/** A number as the table of ranges wants it. */
const numeric = (name: keyof typeof ranges) =>
  z.string().transform((written, context) => {
    const value = Number(written)
    if (/\S/.test(written) && ranges[name].within(value)) return value
    context.addIssue({
      code: 'custom',
      message: `${name} ${JSON.stringify(written)} is not ${ranges[name].says}`,
    })
    return z.NEVER
  })

const numbers = Object.fromEntries(
  (Object.keys(ranges) as (keyof typeof ranges)[]).map((name) => [name, numeric(name).optional()]),
) as { [K in keyof typeof ranges]: z.ZodOptional<ReturnType<typeof numeric>> }

const text = z.string().optional()

/** What /generate understands; the same names as in TypeScript. */
export const generateParameters = z.strictObject({
  prompt: text,
  suffix: text,
  infill: text,
  style: text,
  words: text,
  who: text,
  what: text,
  policy: z
    .enum(Object.keys(policies) as (keyof typeof policies)[], {
      error: ({ input }) =>
        `there is no policy ${JSON.stringify(input)}: choose one of ${Object.keys(policies).join(', ')}`,
    })
    .optional(),
  ...numbers,
}) satisfies z.ZodType<GenerateOptions>

export const noParameters = z.strictObject({})

/** @returns what `schema` makes of the query
 * @throws UnfogError `usage` naming the parameter at fault */
export function readQuery<P>(query: URLSearchParams, schema: z.ZodType<P>): P {
  const given: Record<string, string> = {}
  for (const [name, value] of query) {
    if (Object.hasOwn(given, name)) throw misuse(name, `${name} is given twice: leave one out`)
    Object.defineProperty(given, name, { value, enumerable: true })
  }
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const [issue] = result.error.issues
  if (issue.code !== 'unrecognized_keys') throw misuse(String(issue.path[0]), issue.message)
  const [unknown] = issue.keys
  throw misuse(unknown, `there is no parameter ${JSON.stringify(unknown)} ${choice(schema)}`)
}

function choice(schema: z.ZodType): string {
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
  return known.length === 0 ? 'here, nor any other' : `here: use ${known.join(', ')}`
}

const misuse = (param: string, message: string): UnfogError =>
  new UnfogError('usage', message, { param })
