import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // graphql has a `development` export condition: without this Vite and Node would load two copies of it.
  ssr: { resolve: { conditions: ['module-sync', 'node', 'default'] } },
  test: {
    // As npm start does: each process and thread that a test starts would compile all of it again.
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)),
    },
    globalSetup: 'test/fixtures/global-setup.ts',
    setupFiles: 'test/fixtures/property-seed.ts',
    include: ['test/**/*.test.ts'],
    // Whole processes have a run of their own: npm run test:system.
    exclude: ['test/system/**', 'node_modules/**'],
    maxWorkers: 3,
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 90_000,
    // What is waited for comes when the machine has time for it.
    expect: { poll: { timeout: 10_000, interval: 20 } },
  },
});
