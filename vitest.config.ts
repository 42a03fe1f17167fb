import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    globalSetup: 'test/prepare.ts',
    include: ['{vmm,images,build,test}/**/*.test.ts'],
    // A guest under TCG keeps a core busy while it boots: more workers than this starve each other.
    maxWorkers: 2,
    // Bounds a hang; no test waits for it.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
