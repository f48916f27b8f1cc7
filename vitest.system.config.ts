import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // As in vitest.config.ts: one copy of graphql.
  ssr: { resolve: { conditions: ['module-sync', 'node', 'default'] } },
  test: {
    // As npm start does: each process and thread that a test starts would compile all of it again.
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)),
    },
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
