import { defineConfig } from 'vitest/config';
import { svelteState } from './build/renderer/svelte.ts';

export default defineConfig({
  test: {
    globalSetup: 'test/prepare.ts',
    // A guest under TCG keeps a core busy while it boots: more workers than this starve each other.
    maxWorkers: 2,
    // Bounds a hang; no test waits for it.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: 'node', include: ['{vmm,images,electron,build,test}/**/*.test.ts'] } },
      {
        extends: true,
        plugins: [svelteState],
        // Svelte as a page has it: for a server, its state would be plain values.
        ssr: { resolve: { conditions: ['browser', 'import', 'module', 'default'] } },
        test: { name: 'renderer', include: ['renderer/**/*.test.ts'] },
      },
    ],
  },
});
