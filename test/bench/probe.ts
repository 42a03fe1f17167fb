/** How long it takes to find this host's accelerator when nothing is remembered. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { homePaths } from '../../vmm/paths.ts';
import { openHost } from '../../vmm/service/host.ts';
import { bound, type Figure } from './figure.ts';
import type { Ground } from './ground.ts';

const ROUNDS = 5;

export async function probe(ground: Ground): Promise<Figure[]> {
  const home = join(ground.folder, 'probe');
  mkdirSync(home);
  const host = openHost({ ...ground, paths: homePaths(home), runFolder: ground.folder, log: () => undefined });
  await host.engine();
  const samples: number[] = [];
  let found = '';
  for (let round = 0; round < ROUNDS && !ground.signal.aborted; round++) {
    const begun = performance.now();
    found = (await host.probeAfresh()).chosen.name;
    samples.push((performance.now() - begun) / 1000);
  }
  const what = `the probe, which finds ${found}`;
  return [{ what, unit: 's', samples, bound: bound(2), command: 'npm run bench -- probe' }];
}
