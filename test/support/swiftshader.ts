// WebGPU without a graphics card: Debian's chromium brings SwiftShader, a Vulkan on the processor, and the library
// through which programs find it. Made known to this process, before its first session, and to those it starts.
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { components } from '../../scripts/components.js'

const folder = '/usr/lib/chromium'
const driver = join(folder, 'vk_swiftshader_icd.json')
const library = join(folder, 'libvulkan.so.1')
/** of dlopen: stays loaded although it is no module of Node's, which Node finds out and lets go of it */
const keepLoaded = 0x1000

export const noSwiftShader = (): string | undefined =>
  existsSync(driver) && existsSync(library)
    ? undefined
    : `no SwiftShader: ${components.chromium.command()} installs one (Debian)`

export function useSwiftShader(): void {
  if (noSwiftShader()) return
  process.env.VK_ICD_FILENAMES = driver
  process.env.VK_DRIVER_FILES = driver
  process.env.LD_LIBRARY_PATH = dirname(library)
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_LAZY | keepLoaded)
  } catch {
    // "did not self-register": it is a library, and it is loaded
  }
}
