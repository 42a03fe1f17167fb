/** A cold run by podman's: the service runs, the accelerator is known, the image is on disk for both. */
import { join } from 'node:path';
import type { Timeline } from '../../vmm/contract/types.ts';
import { needArtifact } from '../../vmm/service/artifacts.ts';
import { freePodman, LIMITS, podmanIn, whyNoPodman } from '../peer/podman.ts';
import { type Ended, runInPairs } from './command.ts';
import { aim, type Figure } from './figure.ts';
import type { Ground } from './ground.ts';

const PAIRS = 10;
const TIMED = 7;

const OURS = ['./mvm', 'run', 'linux', 'true'];
const THEIRS = ['run', '--rm', '--network=none', ...LIMITS, 'linux', 'true'];

export async function cold(ground: Ground): Promise<Figure[]> {
  await ground.ready();
  return [...(await byPodman(ground)), ...(await byPoint(ground))];
}

async function byPodman(ground: Ground): Promise<Figure[]> {
  const [ours, theirs] = [OURS.join(' '), ['podman --runtime runc', ...THEIRS].join(' ')];
  const ratio = {
    what: 'cold mvm run by podman run',
    unit: 'times',
    bound: aim(3),
    command: `${ours}; ${theirs}`,
  } as const;
  const storage = join(ground.folder, 'podman');
  const podman = podmanIn(storage);
  try {
    const base = `oci-archive:${needArtifact(ground.artifacts, 'baseImage')}`;
    const obstacle = await whyNoPodman(ground.run, podman, [base], THEIRS);
    ground.signal.throwIfAborted();
    if (obstacle !== null) return [{ ...ratio, samples: [], skipped: `podman: ${obstacle}` }];
    return figures(ratio, await runInPairs(ground.run, OURS, [...podman, ...THEIRS], PAIRS), ours, theirs);
  } finally {
    freePodman(storage);
  }
}

type Pairs = Awaited<ReturnType<typeof runInPairs>>;

function figures(ratio: Omit<Figure, 'samples'>, pairs: Pairs, ours: string, theirs: string): Figure[] {
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
