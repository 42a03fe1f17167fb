/** A cold run by podman's: the service runs, the accelerator is known, the image is on disk for both. */
import type { Timeline } from '../../vmm/contract/types.ts';
import { type Ended, runInPairs } from './command.ts';
import { aim, type Figure } from './figure.ts';
import type { Ground } from './ground.ts';
import { withPodman } from './podman.ts';

const PAIRS = 10;
const TIMED = 7;

const OURS = ['./mvm', 'run', 'linux', 'true'];
const LIMITS = ['--network=none', '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1000:1000'];
const THEIRS = ['--runtime', 'runc', 'run', '--rm', ...LIMITS, 'linux', 'true'];

export async function cold(ground: Ground): Promise<Figure[]> {
  await ground.ready();
  return [...(await byPodman(ground)), ...(await byPoint(ground))];
}

async function byPodman(ground: Ground): Promise<Figure[]> {
  const [ours, theirs] = [OURS.join(' '), ['podman', ...THEIRS].join(' ')];
  const ratio = {
    what: 'cold mvm run by podman run',
    unit: 'times',
    bound: aim(3),
    command: `${ours}; ${theirs}`,
  } as const;
  const pairs = await withPodman(ground, THEIRS, (podman) =>
    runInPairs(ground.run, OURS, [...podman, ...THEIRS], PAIRS),
  );
  if ('skipped' in pairs) return [{ ...ratio, samples: [], ...pairs }];
  return [
    { ...ratio, samples: pairs.ratios },
    { what: '  mvm run', unit: 'ms', samples: pairs.first, command: ours },
    { what: '  podman run', unit: 'ms', samples: pairs.second, command: theirs },
  ];
}

const POINTS = {
  kernelEntered: 'kernel entered',
  agentReady: 'agent ready',
  programStarted: 'program started',
  exited: 'exited',
} as const satisfies Partial<Record<keyof Timeline, string>>;

/** Where the time goes. */
async function byPoint({ run }: Ground): Promise<Figure[]> {
  const argv = ['./mvm', 'run', '--timing', '--json', 'linux', 'true'];
  const timelines: Timeline[] = [];
  for (let round = 0; round < TIMED; round++) timelines.push(timelineOf(await run(argv)));
  return Object.entries(POINTS).map(([point, label]) => ({
    what: `  request to ${label}`,
    unit: 'ms',
    samples: timelines.map((timeline) => timeline[point as keyof typeof POINTS] ?? Number.NaN),
    command: argv.join(' '),
  }));
}

/** What `--timing --json` prints last on stderr. */
export function timelineOf({ stderr }: Ended): Timeline {
  return JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as Timeline;
}
