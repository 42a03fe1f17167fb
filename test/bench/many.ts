/** What machines cost the service that keeps them. */
import { readFileSync } from 'node:fs';
import type { Figure } from './figure.ts';
import type { Ground } from './ground.ts';

const MANY = 50;
/** Started this many at a time: more only wait for each other's vCPU. */
const AT_ONCE = 5;

export async function many(ground: Ground): Promise<Figure[]> {
  await ground.ready();
  const { pid } = await ground.call('version', {});
  const before = residentMib(pid);
  for (let count = 0; count < MANY; count += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, () => ground.run(START)));
  const grown = residentMib(pid) - before;
  const { machines } = await ground.call('machines', {});
  for (const { id } of machines) await ground.call('remove', { machine: id, force: true });
  const command = START.join(' ');
  return [
    { what: `service memory per machine, of ${MANY}`, unit: 'MiB', samples: [grown / MANY], command },
    { what: '  the service before them', unit: 'MiB', samples: [before], command: 'VmRSS of the service' },
  ];
}

const START = ['./mvm', 'run', '-d', '-m', '128m', 'linux', 'sleep', '1d'];

function residentMib(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) / 1024;
}
