import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    setupFiles: ['test/support/quiet.ts', 'test/support/seed.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // many times what the slowest test takes alone: a busy machine is no failure
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
