/** Options of docker's that mvm has not, on purpose or not yet: why, and what to do instead. */
import { MvmError } from '../../contract/errors.ts';

/** null for an option that docker has not either, or that every hand can find by its help. */
export function notHere(option: string): MvmError | null {
  const found = Object.hasOwn(NOT_HERE, option) ? NOT_HERE[option] : undefined;
  return found ? new MvmError('usage', `there is no option ${option}: ${found[0]}`, { hint: found[1] }) : null;
}

const SHARED: Word = ['folders cannot be shared yet', 'mvm cp copies them in and out.'];
const ALLOWED: Word = [
  'root of a machine has every capability in it already',
  'Leave it out: the machine has a kernel of its own, and what it does to that stays in there.',
];
const APART: Word = [
  'a machine has a kernel of its own, and shares no namespace with this host or with another machine',
  'Leave it out. mvm exec runs a further program beside the first.',
];
const DEVICES: Word = [
  'devices of this host are not lent to machines',
  'Leave it out; what the program shall read from one, mvm run -i takes on stdin.',
];

/** why, and what next */
type Word = readonly [string, string];

const NOT_HERE: Record<string, Word> = {
  '-v': SHARED,
  '--volume': SHARED,
  '--volumes-from': SHARED,
  '--privileged': ALLOWED,
  '--cap-add': ALLOWED,
  '--cap-drop': [
    'mvm takes no capabilities away',
    'What confines a program is its machine, with a kernel of its own. -u runs it as somebody who has none.',
  ],
  '--security-opt': [
    'a program is confined by its machine, not by rules of a kernel that it shares',
    'Leave it out. mvm doctor tells what stands between machines and this host.',
  ],
  '--device': DEVICES,
  '--gpus': [
    'machines have no graphics processor',
    'Leave it out: --cpus says on how many vCPUs the program computes.',
  ],
  '--pid': APART,
  '--ipc': APART,
  '--uts': APART,
  '--userns': APART,
  '--link': [
    'there is no network between machines yet',
    "Publish the other one's port on an address of this host, as in -p 0.0.0.0:5432:5432, and connect to it there.",
  ],
};
