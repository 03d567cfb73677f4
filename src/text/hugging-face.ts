// The small file beside tokenizer.json: it tells the Hugging Face libraries which tokens are special, and that
// decoding must not move spaces (their default removes those before punctuation).
import { specialTokens } from './byte-level.ts'

/** Content of `tokenizer_config.json`; the same for every tokenizer of unfog. */
export function huggingFaceConfig(): object {
  const [mask, bos, eos, pad] = specialTokens
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    mask_token: mask,
    bos_token: bos,
    eos_token: eos,
    pad_token: pad,
  }
}
