import { defineConfig } from 'vitest/config';

export default defineConfig({
  // As in vitest.config.ts: one copy of graphql.
  ssr: { resolve: { conditions: ['module-sync', 'node', 'default'] } },
  test: {
    include: ['test/system/browser/**/*.test.ts'],
    // One Chromium at a time: two would slow each other down.
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
  },
});
