/** The system's device table in QEMU's words. */
import type { SystemDevice } from '../../../images/systems/linux/devices.ts';
import type { PublishedPort } from '../../contract/types.ts';
import type { Hardware } from '../engine.ts';
import { fileNode, firstFileNode, placeholder, rawNode } from './blocks.ts';

export function deviceArguments(device: SystemDevice, hardware: Hardware): string[] {
  const { id } = device;
  const place = `id=${id},bus=virtio-mmio-bus.${device.slot}`;
  switch (device.kind) {
    case 'port':
      // Port 0 is a console to virtio; a limit of two keeps the guest from setting up thirty more.
      return [
        ...['-device', `virtio-serial-device,${place},max_ports=2`],
        ...['-device', `virtserialport,bus=${id}.0,nr=1,chardev=${id},name=${device.name}`],
      ];
    case 'disk': {
      const { node, serial, readOnly } = device;
      // QEMU's default pauses the whole guest when the host's disk is full: its program shall see the error instead.
      const errors = readOnly ? '' : ',werror=report';
      return [
        ...blocks(device, hardware),
        '-device',
        `virtio-blk-device,${place},drive=${node},serial=${serial}${errors}`,
      ];
    }
    case 'net': {
      const card = `virtio-net-device,${place},${withoutControlQueue}`;
      // Without a network the card stays, for the table is one for all: its cable leads nowhere.
      if (hardware.network === 'none') return ['-device', card];
      // The agent gives the guest IPv4 addresses only.
      const forwards = hardware.forwards.map((port) => `,hostfwd=${forwardRule(port)}`).join('');
      return ['-netdev', `user,id=${id},ipv6=off${forwards}`, '-device', `${card},netdev=${id}`];
    }
    case 'balloon': {
      const { freePageReporting, deflateOnOom } = device;
      const options = `free-page-reporting=${onOff(freePageReporting)},deflate-on-oom=${onOff(deflateOnOom)}`;
      return ['-device', `virtio-balloon-device,${place},${options}`];
    }
    case 'rng':
      return ['-object', `rng-builtin,id=${id}-source`, '-device', `virtio-rng-device,${place},rng=${id}-source`];
  }
}

/**
 * A guest waits for each answer on the card's control queue, 2 M instructions a start, and we need nothing it offers.
 * Linux refuses a card that offers the rest without the queue (virtnet_validate in drivers/net/virtio_net.c).
 */
const withoutControlQueue = [
  ...['ctrl_vq', 'ctrl_rx', 'ctrl_rx_extra', 'ctrl_vlan', 'ctrl_mac_addr', 'ctrl_guest_offloads'],
  'guest_announce',
]
  .map((feature) => `${feature}=off`)
  .join(',');

/** QEMU listens as it starts, before the guest's first instruction, and as long as it lives. */
const forwardRule = ({ protocol, hostAddress, hostPort, guestPort }: PublishedPort): string =>
  `${protocol}:${hostAddress}:${hostPort}-:${guestPort}`;

function blocks(disk: SystemDevice & { kind: 'disk' }, hardware: Hardware): string[] {
  const path = disk.id === 'image' ? hardware.imageDisk : hardware.machineDisk;
  const name = firstFileNode(disk.node);
  const file = path === null ? placeholder(name) : fileNode(name, path, disk.readOnly);
  return [file, rawNode(disk.node, name, disk.readOnly)].flatMap((node) => ['-blockdev', JSON.stringify(node)]);
}

const onOff = (value: boolean): string => (value ? 'on' : 'off');
