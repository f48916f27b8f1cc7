import { defineConfig } from 'vitest/config';

export default defineConfig({
  // As in vitest.config.ts: one copy of graphql.
  ssr: { resolve: { conditions: ['module-sync', 'node', 'default'] } },
  test: {
    globalSetup: 'test/fixtures/global-setup.ts',
    setupFiles: 'test/fixtures/property-seed.ts',
    include: ['test/system/**/*.test.ts'],
    exclude: ['test/system/browser/**', '**/node_modules/**'],
    // Whole processes are measured against deadlines: one file at a time has the machine to itself.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 10_000, interval: 20 } },
  },
});
