// Autoregressive models retrained to denoise by dLLM (arXiv 2602.22661): Llama, Qwen 2 and Qwen 3 without the causal
// mask and without a shifted head.
import type { Family } from './family.ts'
import { type QwenOptions, qwenRelease } from './qwen.ts'

const retrained = (
  base: string,
  modelType: string,
  options: Omit<QwenOptions, 'shift'>,
): Family => ({
  name: `A2D ${base}`,
  source: 'dLLM, github.com/ZHZisZZ/dllm; huggingface.co/dllm-hub',
  modelTypes: [modelType],
  read(config) {
    config.only('attention_bias', options.biases.includes('qkv'))
    return qwenRelease(config, { ...options, shift: false })
  },
})

export const a2dLlama = retrained('Llama', 'a2d-llama', { biases: [], qkNorm: 'none' })
export const a2dQwen2 = retrained('Qwen 2', 'a2d-qwen2', { biases: ['qkv'], qkNorm: 'none' })
export const a2dQwen3 = retrained('Qwen 3', 'a2d-qwen3', { biases: [], qkNorm: 'gain' })
