// The names and settings that Llama, Qwen 2 and Qwen 3 share in the Hugging Face libraries, and with them every
// diffusion model that began as one of those.
import type { BiasedPart, TransformerConfig } from '../../nn/index.ts'
import type { ConfigFields } from './config-fields.ts'
import { bias, blocks, type Release, type Stored, same, weight } from './family.ts'

/** What sets those networks apart. */
export interface QwenOptions {
  readonly biases: readonly BiasedPart[]
  readonly qkNorm: TransformerConfig['qkNorm']
  readonly shift: boolean
}

export function qwenRelease(config: ConfigFields, options: QwenOptions): Release {
  config.only('hidden_act', 'silu')
  config.only('use_sliding_window', false)
  config.only('rope_scaling', null)
  // where version 5 of the Hugging Face libraries says it
  const rope = config.part('rope_parameters')
  rope.only('rope_type', 'default')
  config.only('mlp_bias', false)
  const vocabSize = config.count('vocab_size')
  const width = config.count('hidden_size')
  const heads = config.count('num_attention_heads')
  const architecture: TransformerConfig = {
    vocabSize,
    width,
    layers: config.count('num_hidden_layers'),
    heads,
    kvHeads: config.count('num_key_value_heads', heads),
    headSize: config.count('head_dim', width / heads),
    hidden: config.count('intermediate_size'),
    activation: 'swiglu',
    norm: 'rms',
    normWeight: true,
    normEps: config.number('rms_norm_eps', 1e-6),
    qkNorm: options.qkNorm,
    ropeTheta: rope.number('rope_theta', 10_000),
    biases: options.biases,
    tiedHead: config.flag('tie_word_embeddings', false),
    attention: 'full',
    context: config.count('max_position_embeddings'),
  }
  return {
    architecture,
    shift: options.shift,
    predictsMask: true,
    special: {
      mask: config.id('mask_token_id', vocabSize),
      bos: config.optionalId('bos_token_id', vocabSize),
      eos: config.optionalId('eos_token_id', vocabSize),
      pad: config.optionalId('pad_token_id', vocabSize),
    },
    tensors: () => tensors(architecture, options),
    // a tied head may be stored a second time
    ignored: architecture.tiedHead ? ['lm_head.weight'] : [],
  }
}

function tensors(a: TransformerConfig, { biases, qkNorm }: QwenOptions): Record<string, Stored> {
  const query = a.heads * a.headSize
  const keys = a.kvHeads * a.headSize
  return {
    embed: same('model.embed_tokens.weight', a.vocabSize, a.width),
    ...blocks(a, (block) => {
      const at = `model.layers.${block}`
      const qkv = [
        [`${at}.self_attn.q_proj`, query],
        [`${at}.self_attn.k_proj`, keys],
        [`${at}.self_attn.v_proj`, keys],
      ] as const
      return {
        norm1: same(`${at}.input_layernorm.weight`, a.width),
        'attn.qkv': weight(a.width, ...qkv),
        ...(biases.includes('qkv') ? { 'attn.qkv.bias': bias(...qkv) } : {}),
        ...(qkNorm === 'gain'
          ? {
              'attn.qnorm': same(`${at}.self_attn.q_norm.weight`, a.headSize),
              'attn.knorm': same(`${at}.self_attn.k_norm.weight`, a.headSize),
            }
          : {}),
        'attn.out': weight(query, [`${at}.self_attn.o_proj`, a.width]),
        norm2: same(`${at}.post_attention_layernorm.weight`, a.width),
        'mlp.gate': weight(a.width, [`${at}.mlp.gate_proj`, a.hidden]),
        'mlp.up': weight(a.width, [`${at}.mlp.up_proj`, a.hidden]),
        'mlp.down': weight(a.hidden, [`${at}.mlp.down_proj`, a.width]),
      }
    }),
    norm: same('model.norm.weight', a.width),
    ...(a.tiedHead ? {} : { head: weight(a.width, ['lm_head', a.vocabSize]) }),
  }
}
