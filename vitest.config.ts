import { relative } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take half a minute and more, longest first. They start first: the last file to end works alone. */
const slowest = [
  'src/runtime/device.contract.test.ts',
  'src/tales/shrunk.test.ts',
  'test/page.test.ts',
  'src/api/train.test.ts',
  'src/train/run.test.ts',
  'src/cli/commands.contract.test.ts',
  'src/tales/checker.test.ts',
  'test/docs.test.ts',
]

class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = (file: TestSpecification) => {
      const found = slowest.indexOf(relative(file.project.config.root, file.moduleId))
      return found < 0 ? slowest.length : found
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    setupFiles: ['test/support/one-thread.mjs', 'test/support/quiet.ts', 'test/support/seed.ts'],
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: SlowestFirst },
    // many times what the slowest test takes alone: a busy machine is no failure
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
