/** A further program in a running machine, measured in the service. */
import { timelineOf } from './cold.ts';
import { bound, type Figure } from './figure.ts';
import type { Ground } from './ground.ts';

const WARM = 5;
const TIMED = 30;
const PINGS = 200;

export async function exec(ground: Ground): Promise<Figure[]> {
  const machine = await ground.machine();
  const argv = ['./mvm', 'exec', '--timing', '--json', machine, 'true'];
  const exited: number[] = [];
  for (let round = 0; round < WARM + TIMED; round++)
    exited.push(timelineOf(await ground.run(argv)).exited ?? Number.NaN);
  const { ms } = await ground.call('ping', { machine, count: PINGS });
  return [
    {
      what: 'exec of true, request to exit',
      unit: 'ms',
      samples: exited.slice(WARM),
      bound: bound(15),
      command: './mvm exec --timing --json M true',
    },
    { what: '  of that, the very first', unit: 'ms', samples: exited.slice(0, 1), command: 'the same' },
    {
      what: "the agent's ping",
      unit: 'ms',
      samples: ms,
      command: `curl --unix-socket SOCKET --json '{"count":${PINGS}}' http://mvm/v1/machines/M/ping`,
    },
  ];
}
