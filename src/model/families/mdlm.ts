// MDLM (arXiv 2406.07524): a diffusion transformer. Norms are shifted, scaled and gated by an embedding of the noise
// time; the released models are asked at time 0 whatever the noise, and that path still runs. The mask is the last id,
// and its logit counts for nothing (SUBS).
import type { BiasedPart, TransformerConfig } from '../../nn/index.ts'
import { timeFeatures } from '../../nn/index.ts'
import { bias, blocks, type Family, type Stored, same, weight } from './family.ts'

export const mdlm: Family = {
  name: 'MDLM',
  source: 'Sahoo et al., arXiv 2406.07524; huggingface.co/kuleshov-group/mdlm-owt',
  modelTypes: ['mdlm'],
  read(config) {
    config.only('time_conditioning', false)
    const vocabSize = config.count('vocab_size')
    const width = config.count('hidden_dim')
    const heads = config.count('n_heads')
    const biases: BiasedPart[] = ['mlp', 'head']
    const architecture: TransformerConfig = {
      vocabSize,
      width,
      layers: config.count('n_blocks'),
      heads,
      kvHeads: heads,
      headSize: width / heads,
      hidden: 4 * width,
      activation: 'gelu-tanh',
      norm: 'layer',
      normWeight: true,
      normEps: 1e-5,
      qkNorm: 'none',
      ropeTheta: 10_000,
      biases,
      tiedHead: false,
      attention: 'full',
      context: config.count('model_length'),
      timeWidth: config.count('cond_dim'),
    }
    return {
      architecture,
      shift: false,
      predictsMask: false,
      special: { mask: vocabSize - 1, eos: config.optionalId('eos_token_id', vocabSize) },
      tensors: () => tensors(architecture, config.count('cond_dim')),
      ignored: ['backbone.rotary_emb.inv_freq'],
    }
  },
}

function tensors(a: TransformerConfig, time: number): Record<string, Stored> {
  const layer = (ours: string, name: string, from: number, to: number) => ({
    [ours]: weight(from, [name, to]),
    [`${ours}.bias`]: bias([name, to]),
  })
  const last = 'backbone.output_layer'
  return {
    embed: same('backbone.vocab_embed.embedding', a.vocabSize, a.width),
    ...layer('time.in', 'backbone.sigma_map.mlp.0', timeFeatures, time),
    ...layer('time.out', 'backbone.sigma_map.mlp.2', time, time),
    ...blocks(a, (block) => {
      const at = `backbone.blocks.${block}`
      return {
        ...layer('time', `${at}.adaLN_modulation`, time, 6 * a.width),
        norm1: same(`${at}.norm1.weight`, a.width),
        'attn.qkv': weight(a.width, [`${at}.attn_qkv`, 3 * a.width]),
        'attn.out': weight(a.width, [`${at}.attn_out`, a.width]),
        norm2: same(`${at}.norm2.weight`, a.width),
        ...layer('mlp.up', `${at}.mlp.0`, a.width, a.hidden),
        ...layer('mlp.down', `${at}.mlp.2`, a.hidden, a.width),
      }
    }),
    ...layer('time', `${last}.adaLN_modulation`, time, 2 * a.width),
    norm: same(`${last}.norm_final.weight`, a.width),
    ...layer('head', `${last}.linear`, a.width, a.vocabSize),
  }
}
