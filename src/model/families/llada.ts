// LLaDA (arXiv 2502.09992): a Llama without the causal mask, under OLMo's names. Its head is called ff_out, as the
// last layer of every block is. Checked on the numbers of its released modelling code.
import type { BiasedPart, TransformerConfig } from '../../nn/index.ts'
import { bias, blocks, type Family, type Stored, same, weight } from './family.ts'

export const llada: Family = {
  name: 'LLaDA',
  source: 'Nie et al., arXiv 2502.09992; huggingface.co/GSAI-ML/LLaDA-8B-Base',
  modelTypes: ['llada'],
  read(config) {
    config.only('block_type', 'llama')
    config.only('activation_type', 'silu')
    config.only('layer_norm_type', 'rms')
    config.only('layer_norm_with_affine', true)
    config.only('rope', true)
    for (const name of [
      'alibi',
      'attention_layer_norm',
      'input_emb_norm',
      'scale_logits',
      'bias_for_layer_norm',
    ])
      config.only(name, false)
    config.only('block_group_size', 1)

    const width = config.count('d_model')
    const heads = config.count('n_heads')
    const everywhere = config.flag('include_bias', false)
    const qkv = config.flag('include_qkv_bias', everywhere)
    const biases: BiasedPart[] = [
      ...(qkv ? (['qkv'] as const) : []),
      ...(everywhere ? (['out', 'mlp', 'head'] as const) : []),
    ]
    const vocabSize = config.count('embedding_size', config.count('vocab_size'))
    const architecture: TransformerConfig = {
      vocabSize,
      width,
      layers: config.count('n_layers'),
      heads,
      kvHeads: config.count('n_kv_heads', config.flag('multi_query_attention', false) ? 1 : heads),
      headSize: width / heads,
      hidden: config.count('mlp_hidden_size', config.count('mlp_ratio', 4) * width),
      activation: 'swiglu',
      norm: 'rms',
      normWeight: true,
      normEps: config.number('rms_norm_eps', 1e-5),
      qkNorm: 'none',
      ropeTheta: config.number('rope_theta', 10_000),
      biases,
      tiedHead: config.flag('weight_tying', true),
      attention: 'full',
      context: config.count('max_sequence_length'),
    }
    return {
      architecture,
      shift: false,
      predictsMask: true,
      special: {
        mask: config.id('mask_token_id', vocabSize),
        eos: config.optionalId('eos_token_id', vocabSize),
        pad: config.optionalId('pad_token_id', vocabSize),
      },
      tensors: () => tensors(architecture, biases),
      ignored: ['model.transformer.rotary_emb.inv_freq'],
    }
  },
}

function tensors(a: TransformerConfig, biases: readonly BiasedPart[]): Record<string, Stored> {
  const query = a.heads * a.headSize
  const keys = a.kvHeads * a.headSize
  const biased = (part: BiasedPart, named: Record<string, Stored>) =>
    biases.includes(part) ? named : {}
  const head = ['model.transformer.ff_out', a.vocabSize] as const
  return {
    embed: same('model.transformer.wte.weight', a.vocabSize, a.width),
    ...blocks(a, (block) => {
      const at = `model.transformer.blocks.${block}`
      const qkv = [
        [`${at}.q_proj`, query],
        [`${at}.k_proj`, keys],
        [`${at}.v_proj`, keys],
      ] as const
      const out = [`${at}.attn_out`, a.width] as const
      const gate = [`${at}.ff_proj`, a.hidden] as const
      const up = [`${at}.up_proj`, a.hidden] as const
      const down = [`${at}.ff_out`, a.width] as const
      return {
        norm1: same(`${at}.attn_norm.weight`, a.width),
        'attn.qkv': weight(a.width, ...qkv),
        ...biased('qkv', { 'attn.qkv.bias': bias(...qkv) }),
        'attn.out': weight(query, out),
        ...biased('out', { 'attn.out.bias': bias(out) }),
        norm2: same(`${at}.ff_norm.weight`, a.width),
        'mlp.gate': weight(a.width, gate),
        'mlp.up': weight(a.width, up),
        'mlp.down': weight(a.hidden, down),
        ...biased('mlp', {
          'mlp.gate.bias': bias(gate),
          'mlp.up.bias': bias(up),
          'mlp.down.bias': bias(down),
        }),
      }
    }),
    norm: same('model.transformer.ln_f.weight', a.width),
    ...(a.tiedHead ? {} : { head: weight(a.width, head) }),
    ...biased('head', { 'head.bias': bias(head) }),
  }
}
