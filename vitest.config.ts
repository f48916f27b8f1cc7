import { defineConfig } from 'vitest/config';

export default defineConfig({
  // graphql has a `development` export condition: without this Vite and Node would load two copies of it.
  ssr: { resolve: { conditions: ['module-sync', 'node', 'default'] } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**', 'node_modules/**'],
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
