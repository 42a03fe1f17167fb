/** What the guest is told of its machine: all that makes it this one and no other. */
import { linuxDevices } from '../../images/systems/linux/devices.ts';
import type { Machine, MachineSpec, ProcessSpec } from '../contract/types.ts';
import { type Become, type GuestExec, guestTime } from '../guest/messages.ts';

/** The host as a guest sees it on QEMU's user-mode network. */
export const HOST_ADDRESS = '10.0.2.2';

/** That network, as libslirp lays it out. */
const USER_NETWORK = { address: '10.0.2.15/24', gateway: HOST_ADDRESS, dns: ['10.0.2.3'] };

export function becomeFor(machine: Machine, nowMs: number, entropy: Uint8Array): Become {
  const { spec } = machine;
  return {
    machineId: machine.id,
    hostname: spec.hostname,
    hosts: spec.extraHosts,
    readOnly: spec.readOnlyRoot,
    tmpfs: spec.tmpfs,
    time: guestTime(nowMs),
    entropy: Buffer.from(entropy).toString('hex'),
    network: networkOf(spec),
    shmBytes: spec.shmBytes,
    sysctls: Object.entries(spec.sysctls).map(([name, value]) => ({ name, value })),
    image: devicePath('image'),
    upper: { device: devicePath('machine'), keep: !spec.ephemeral },
    cpuMillis: spec.cpuMillis,
  };
}

function networkOf({ network, dns }: MachineSpec): Become['network'] {
  if (network === 'none') return null;
  const { servers, search, options } = dns;
  return { ...USER_NETWORK, ...(servers.length > 0 && { dns: servers }), search, options };
}

/** Where the guest finds a disk of the device table. */
function devicePath(id: 'image' | 'machine'): string {
  for (const device of linuxDevices) if (device.kind === 'disk' && device.id === id) return device.guestPath;
  throw new Error(`the device table has no disk '${id}'`);
}

/** The machine's own program. */
export const guestMain = ({ id, spec }: Machine): GuestExec => ({
  ...guestExec(id, spec.process, true),
  init: spec.init,
});

export function guestExec(session: string, spec: ProcessSpec, main: boolean): GuestExec {
  return { session, main, ...spec };
}
