/** The engines that a machine may run on here: mvm's own, and the one that a user may have instead. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';
import { findArtifacts } from '../../vmm/service/artifacts.ts';

interface TestedEngine {
  name: 'own' | 'stock';
  /** chooses it */
  env: NodeJS.ProcessEnv;
}

/** The tests in it run on each engine; on one that is not here they are skipped, and say so. */
export function onEachEngine(tests: (engine: TestedEngine) => void): void {
  for (const { name, path } of engines) {
    const title = path ? `on the ${name} engine` : `on the ${name} engine (skipped: it is not here)`;
    describe.skipIf(!path)(title, () => tests({ name, env: { ...process.env, MVM_QEMU: path ?? '' } }));
  }
}

const engines = [
  { name: 'own', path: findArtifacts(process.env).engine },
  { name: 'stock', path: stockEngine() },
] as const;

function stockEngine(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, 'qemu-system-x86_64')).find((path) => existsSync(path));
}
