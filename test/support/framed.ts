// How texts lie in the canvases of a model of the usual kind: a shifted head, 64 tokens, whole texts unless said.
import type { ModelConfig } from '../../src/model/config.ts'
import { type Framing, framing } from '../../src/model/framing.ts'
import type { Tokenizer } from '../../src/text/index.ts'

/** @param causal does it see only what is to the left? */
export const framed = (tokenizer: Tokenizer, causal = false, exactLength = true): Framing =>
  framing(
    {
      shift: true,
      noise: {},
      architecture: { context: 64 },
      text: { exactLength },
    } as ModelConfig,
    tokenizer,
    causal,
  )
