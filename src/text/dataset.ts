// A dataset: encoded documents, the form in which they are learnt, and the part of them that is held out.
import { UnfogError } from '../error/index.ts'
import type { Form, Part } from './batches.ts'
import { documentLength, type Encoded } from './encoded.ts'
import { exactLength } from './exact-length.ts'
import { windows } from './windows.ts'

export const forms = { 'exact-length': exactLength, windows } satisfies Record<string, Form>

export type FormName = keyof typeof forms

export interface Dataset {
  readonly form: FormName
  /** the form in a sentence, for people */
  readonly summary: string
  /** fingerprint of the data */
  readonly hash: string
  readonly train: Part
  readonly heldOut: Part
}

export interface DatasetOptions {
  /** decides which texts are held out */
  seed: number
  /** longest canvas, labels not counted */
  context: number
  /** chosen by the data unless given */
  form?: FormName
  /** data to hold out, encoded by the same tokenizer, instead of a part of the data */
  heldOut?: Encoded
}

/** @throws UnfogError `bad_input` when there is too little data */
export function makeDataset(encoded: Encoded, options: DatasetOptions): Dataset {
  const { context, heldOut } = options
  const form = options.form ?? chooseForm([encoded], context)
  if (!Object.hasOwn(forms, form)) {
    throw new UnfogError(
      'usage',
      `there is no form ${form}: use ${Object.keys(forms).join(' or ')}`,
      {
        param: 'form',
      },
    )
  }
  const rule: Form = forms[form]
  const parts = heldOut
    ? { train: rule.whole(encoded, context), heldOut: rule.whole(heldOut, context) }
    : rule.split(encoded, options)
  return {
    form,
    summary: rule.describe(encoded, context),
    hash: heldOut ? `${encoded.hash}-${heldOut.hash}` : encoded.hash,
    ...parts,
  }
}

/** The form for data that are learnt together: canvases of exact length when each source has at least 20 texts and at
 * most one in a hundred is too long for one, and for answers, whose questions a window would cut off.
 * @throws UnfogError `usage` when answers are to be learnt together with texts that are too long */
export function chooseForm(sources: readonly Encoded[], context: number): FormName {
  const long = sources.some((encoded) => !isShort(encoded, context))
  if (!long) return 'exact-length'
  if (sources.every((encoded) => !hasAnswers(encoded))) return 'windows'
  throw new UnfogError(
    'usage',
    `conversations cannot be mixed with texts longer than ${context} tokens: cut those into shorter documents, as --documents line does`,
    { param: 'documents' },
  )
}

const hasAnswers = ({ learnt, tokens }: Encoded): boolean => learnt < tokens

function isShort(encoded: Encoded, context: number): boolean {
  if (hasAnswers(encoded)) return true
  let fitting = 0
  for (let d = 0; d < encoded.documents; d++) if (documentLength(encoded, d) <= context) fitting++
  return fitting >= 20 && fitting >= 0.99 * encoded.documents
}
