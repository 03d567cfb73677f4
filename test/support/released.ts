// A released checkpoint of the parity fixtures as a network for the loop, with nothing banned: its samplers let any
// token end up anywhere.
import type { Denoiser } from '../../src/denoise/index.ts'
import { type Network, openNetwork } from '../../src/model/network.ts'
import { openModelFolder } from '../../src/model/open.ts'
import { parameterShapes } from '../../src/nn/index.ts'
import { cpu } from '../../src/runtime/cpu.node.ts'
import type { HostTensor } from '../../src/runtime/index.ts'
import { folderStore } from '../../src/store/folder.node.ts'
import { releasedTokenizer } from '../../src/text/index.ts'
import { parityPath } from './parity.ts'

export async function releasedNetwork(
  folder: string,
): Promise<Denoiser & Pick<Network, 'dispose'>> {
  const opened = await openModelFolder(folderStore(parityPath(folder)!))
  const { config, names, tensor } = opened
  const { architecture, text } = config
  const shapes = parameterShapes(architecture)
  const weights: Record<string, HostTensor> = {}
  for (const name of names) weights[name] = { data: await tensor(name), dims: shapes[name] }
  const tokenizer = releasedTokenizer(undefined, text.special!, architecture.vocabSize)
  const network = openNetwork(cpu({ threads: 1 }), config, tokenizer, weights)
  return { ...network, eosId: undefined, banned: [] }
}
