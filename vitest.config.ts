import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { svelte } from './build/renderer/svelte.ts';

/** Where mvm's own engine is built, everything is tested on it; these again on the one that a user may have instead. */
const onStockEngine = ['test/engine/{adopt,end,exchange,launch,probe}.test.ts', 'test/guest/programs.test.ts'];

const stockEngine = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'qemu-system-x86_64'))
  .find((path) => existsSync(path));

/** Vitest begins with the largest files: this one is small, and would keep one worker busy when the other is done. */
const LONG = 'test/desktop/accessible.test.ts';

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith(LONG);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    globalSetup: 'test/prepare.ts',
    // A guest under TCG keeps a core busy while it boots: more workers than this starve each other.
    maxWorkers: 2,
    // Bounds a hang; no test waits for it. The longest take twenty seconds, and five times that on a busy host.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['{vmm,images,electron,build,test}/**/*.test.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'stock engine', include: onStockEngine, env: stockEngine ? { MVM_QEMU: stockEngine } : {} },
      },
      {
        extends: true,
        plugins: [svelte(import.meta.dirname)],
        // Svelte as a page has it: for a server, its state would be plain values.
        ssr: { resolve: { conditions: ['browser', 'import', 'module', 'default'] } },
        test: { name: 'renderer', include: ['renderer/**/*.test.ts'] },
      },
    ],
  },
});
