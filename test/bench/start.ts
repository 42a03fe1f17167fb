/** What the command line itself costs, by what Node costs. */
import { runInPairs } from './command.ts';
import { bound, type Figure } from './figure.ts';
import type { Ground } from './ground.ts';

const PAIRS = 30;

export async function start(ground: Ground): Promise<Figure[]> {
  await ground.ready();
  const bare = [process.execPath, '-e', '0'];
  const version = await runInPairs(ground.run, ['./mvm', 'version'], bare, PAIRS);
  const ps = await runInPairs(ground.run, ['./mvm', 'ps'], bare, PAIRS);
  return [
    {
      what: 'mvm version by node -e 0',
      unit: 'times',
      samples: version.ratios,
      bound: bound(1.5),
      command: './mvm version; node -e 0',
    },
    {
      what: 'mvm ps by node -e 0',
      unit: 'times',
      samples: ps.ratios,
      bound: bound(1.8),
      command: './mvm ps; node -e 0',
    },
    { what: '  node -e 0', unit: 'ms', samples: [...version.second, ...ps.second], command: 'node -e 0' },
  ];
}
