/** A default run takes 1 GiB of writes in its root. */
import { MvmError } from '../../vmm/contract/errors.ts';
import type { Figure } from './figure.ts';
import type { Ground } from './ground.ts';

const GIB = 1024 ** 3;

/** 16 MiB that do not compress to nothing, 64 times. */
const SCRIPT = [
  'head -c 16777216 /dev/urandom > /piece',
  'for i in $(seq 64); do cat /piece; done > /all',
  'sync',
  'stat -c %s /all',
].join('; ');

export async function writes(ground: Ground): Promise<Figure[]> {
  await ground.ready();
  const { ms, stdout } = await ground.run(['./mvm', 'run', 'linux', 'sh', '-c', SCRIPT]);
  if (Number(stdout) !== GIB) throw new MvmError('bench.writes', `the guest wrote ${stdout.trim()} of ${GIB} bytes`);
  return [
    {
      what: '1 GiB written in the root of a run',
      unit: 's',
      samples: [ms / 1000],
      command: `./mvm run linux sh -c '${SCRIPT}'`,
    },
  ];
}
