/**
 * The one device table of every Linux machine. A template holds these devices' state, so a machine that lacked one, or
 * had it elsewhere, could not become another. A slot is one of the machine's eight virtio buses; QEMU hands them to
 * Linux from the highest down, which makes the image /dev/vda whatever stands in the slots below.
 */
export const linuxDevices = [
  { kind: 'port', id: 'agent', slot: 7, name: 'agent' },
  { kind: 'disk', id: 'image', slot: 6, node: 'd0', readOnly: true, guestPath: '/dev/vda', serial: 'mvm-image' },
  { kind: 'disk', id: 'machine', slot: 5, node: 'd1', readOnly: false, guestPath: '/dev/vdb', serial: 'mvm-machine' },
  { kind: 'net', id: 'net', slot: 4, guestName: 'eth0' },
  { kind: 'balloon', id: 'balloon', slot: 3, freePageReporting: true, deflateOnOom: true },
  { kind: 'rng', id: 'rng', slot: 2 },
] as const satisfies readonly SystemDevice[];

/** For folders and volumes, to be taken in this order. */
export const freeSlots: readonly number[] = [1, 0];

export type SystemDevice = {
  /** unique in its machine; the engine's name for the device */
  id: string;
  /** number of its virtio bus */
  slot: number;
} & (
  | {
      kind: 'port' /** what the guest's /sys/class/virtio-ports says */;
      name: string;
    }
  | {
      kind: 'disk';
      /** block node that is exchanged when a clone becomes another image */
      node: string;
      /** fixed when a template is made; writable disks discard with unmap */
      readOnly: boolean;
      guestPath: string;
      /** at most 20 bytes, in the guest's /sys/block */
      serial: string;
    }
  | { kind: 'net'; guestName: string }
  | { kind: 'balloon'; freePageReporting: boolean; deflateOnOom: boolean }
  | { kind: 'rng' }
);
