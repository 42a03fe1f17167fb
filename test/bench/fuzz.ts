/** A million spoiled inputs of each kind; the gate runs a share of them. A crash or a hang fails it. */
import type { Figure } from './figure.ts';
import type { Ground } from './ground.ts';

const CASES = 1_000_000;

const inputs = [
  { file: 'api', what: 'API requests and control frames', tests: 2 },
  { file: 'agent', what: "frames of a guest's agent", tests: 2 },
  { file: 'tar', what: 'archives, their lists and manifests', tests: 3 },
];

export async function fuzz(ground: Ground): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { file, what, tests } of inputs) {
    if (ground.signal.aborted) break;
    const argv = ['env', `MVM_FUZZ=${CASES / tests}`, process.execPath, 'node_modules/vitest/vitest.mjs', 'run'];
    const { ms } = await ground.run([...argv, `test/fuzz/${file}.test.ts`]);
    const command = `MVM_FUZZ=${CASES / tests} npx vitest run test/fuzz/${file}.test.ts`;
    figures.push({ what: `${CASES / 1e6} million ${what}, spoiled`, unit: 's', samples: [ms / 1000], command });
  }
  return figures;
}
