/** QEMU's whole command line for a machine: pure, so every host can compare it as text. */
import type { SystemDevice } from '../../../images/systems/linux/devices.ts';
import { MvmError } from '../../contract/errors.ts';
import type { Accelerator } from '../accelerators.ts';
import type { EngineSockets, Hardware, LaunchPlan } from '../engine.ts';
import { deviceArguments } from './devices.ts';

/** What boots in every machine of a system. */
export interface GuestSystem {
  /** ELF with a PVH note */
  kernel: string;
  initramfs: string | null;
  devices: readonly SystemDevice[];
  commandLine(accelerator: Runnable): string;
}

/** Accelerators that a microvm machine was run with. */
export type Runnable = { name: 'kvm' } | { name: 'tcg'; tscKhz: number };

export function launchPlan(
  command: string,
  system: GuestSystem,
  hardware: Hardware,
  accelerator: Accelerator,
): LaunchPlan {
  const runnable = assertRunnable(accelerator);
  const { id, vcpus, memoryBytes, sockets, engineLog } = hardware;
  const argv = [
    ...['-name', `mvm-${id.slice(0, 12)}`, '-uuid', withDashes(id)],
    ...isolation,
    ...['-M', machine, ...processor[runnable.name]],
    ...['-smp', String(vcpus), '-m', `size=${memoryBytes}B`],
    ...['-kernel', system.kernel, ...(system.initramfs === null ? [] : ['-initrd', system.initramfs])],
    ...['-append', system.commandLine(runnable)],
    ...['-chardev', markOf(sockets), '-mon', 'chardev=qmp,mode=control'],
    ...['-chardev', listening('console', sockets.console), '-serial', 'chardev:console'],
    ...['-chardev', listening('agent', sockets.agent)],
    ...system.devices.flatMap((device) => deviceArguments(device, hardware)),
  ];
  return { command, argv, sockets, engineLog, uuid: id };
}

/** Nothing but what is asked for, and a system-call filter around it. */
const isolation = [
  ...['-no-user-config', '-nodefaults', '-display', 'none'],
  // A microvm without ACPI has no power-off: the guest reboots, and that ends QEMU.
  '-no-reboot',
  ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
];

const machine = [
  'microvm',
  'acpi=off',
  'rtc=on',
  // The guest is told its clocks' rates; measuring them against a PIT costs a second.
  'pit=off',
  'pic=off',
  'isa-serial=on',
  // Merging equal pages of different guests tells each what the others hold.
  'mem-merge=off',
  'dump-guest-core=off',
].join(',');

const processor = {
  kvm: ['-accel', 'kvm', '-cpu', 'host'],
  // Emulated, the string instructions that erms and fsrm advertise are slower than plain loops.
  tcg: ['-accel', 'tcg', '-cpu', 'max,-erms,-fsrm'],
};

/** QEMU takes no other form of a UUID. */
const withDashes = (id: string): string => id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** The word on its command line that no other engine has. */
export const markOf = ({ qmp }: EngineSockets): string => listening('qmp', qmp);

const listening = (id: string, path: string): string =>
  `socket,id=${id},path=${path.replaceAll(',', ',,')},server=on,wait=off`;

function assertRunnable(accelerator: Accelerator): Runnable {
  if (accelerator.name === 'tcg') return accelerator;
  if (accelerator.name === 'kvm') return { name: 'kvm' };
  throw new MvmError('engine.unsupported', `mvm has no machine for ${accelerator.name} yet`, {
    hint: 'Nobody has run a guest of ours with it; TCG works on every host.',
  });
}
