import { expect, test } from 'vitest';
import { linuxCommandLine } from '../../../images/systems/linux/command-line.ts';
import { linuxDevices } from '../../../images/systems/linux/devices.ts';
import { MvmError } from '../../contract/errors.ts';
import type { Accelerator } from '../accelerators.ts';
import type { Hardware } from '../engine.ts';
import { launchPlan } from './plan.ts';

const system = {
  kernel: '/k/vmlinux',
  initramfs: '/k/initramfs',
  devices: linuxDevices,
  commandLine: linuxCommandLine,
};

const hardware: Hardware = {
  id: '0123456789abcdef0123456789abcdef',
  vcpus: 2,
  memoryBytes: 512 * 1024 ** 2,
  network: 'user',
  forwards: [],
  imageDisk: '/d/image.erofs',
  machineDisk: '/d/disk.ext4',
  sockets: { folder: '/r/0123', qmp: '/r/0123/qmp', agent: '/r/0123/agent', console: '/r/0123/console' },
  engineLog: '/m/engine.log',
};

const plan = (change: Partial<Hardware> = {}, accelerator: Accelerator = { name: 'tcg', tscKhz: 2_596_138 }) =>
  launchPlan('/q/qemu-system-x86_64', system, { ...hardware, ...change }, accelerator);

/** One option with its value a line. */
const asText = (argv: string[]): string => argv.join(' ').replaceAll(/ (?=-[a-zA-Z])/g, '\n');

test('writes down the whole machine for TCG', () => {
  expect(asText(plan().argv)).toMatchInlineSnapshot(`
    "-name mvm-0123456789ab
    -uuid 01234567-89ab-cdef-0123-456789abcdef
    -no-user-config
    -nodefaults
    -display none
    -no-reboot
    -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny
    -M microvm,acpi=off,rtc=on,pit=off,pic=off,isa-serial=on,mem-merge=off,dump-guest-core=off
    -accel tcg
    -cpu max,-erms,-fsrm
    -smp 2
    -m size=536870912B
    -kernel /k/vmlinux
    -initrd /k/initramfs
    -append console=ttyS0 panic=-1 reboot=t no_timer_check noreplace-smp cpu_init_udelay=0 swiotlb=noforce quiet tsc_early_khz=2596138 tsc=reliable lapic_timer_khz=1000000 lpj=5000000
    -chardev socket,id=qmp,path=/r/0123/qmp,server=on,wait=off
    -mon chardev=qmp,mode=control
    -chardev socket,id=console,path=/r/0123/console,server=on,wait=off
    -serial chardev:console
    -chardev socket,id=agent,path=/r/0123/agent,server=on,wait=off
    -device virtio-serial-device,id=agent,bus=virtio-mmio-bus.7,max_ports=2
    -device virtserialport,bus=agent.0,nr=1,chardev=agent,name=agent
    -blockdev {"driver":"file","node-name":"d0-file-0","filename":"/d/image.erofs","read-only":true,"locking":"off"}
    -blockdev {"driver":"raw","node-name":"d0","file":"d0-file-0","read-only":true}
    -device virtio-blk-device,id=image,bus=virtio-mmio-bus.6,drive=d0,serial=mvm-image
    -blockdev {"driver":"file","node-name":"d1-file-0","filename":"/d/disk.ext4","read-only":false,"locking":"on","discard":"unmap"}
    -blockdev {"driver":"raw","node-name":"d1","file":"d1-file-0","read-only":false,"discard":"unmap","detect-zeroes":"unmap"}
    -device virtio-blk-device,id=machine,bus=virtio-mmio-bus.5,drive=d1,serial=mvm-machine,werror=report
    -netdev user,id=net,ipv6=off
    -device virtio-net-device,id=net,bus=virtio-mmio-bus.4,ctrl_vq=off,ctrl_rx=off,ctrl_rx_extra=off,ctrl_vlan=off,ctrl_mac_addr=off,ctrl_guest_offloads=off,guest_announce=off,netdev=net
    -device virtio-balloon-device,id=balloon,bus=virtio-mmio-bus.3,free-page-reporting=on,deflate-on-oom=on
    -object rng-builtin,id=rng-source
    -device virtio-rng-device,id=rng,bus=virtio-mmio-bus.2,rng=rng-source"
  `);
});

test('differs under KVM in the accelerator, the processor and what the kernel is told of its clocks', () => {
  const emulated = asText(plan().argv).split('\n');
  const hardwareRun = asText(plan({}, { name: 'kvm' }).argv).split('\n');
  const changed = hardwareRun.filter((line) => !emulated.includes(line));
  expect(changed.join('\n')).toMatchInlineSnapshot(`
    "-accel kvm
    -cpu host
    -append console=ttyS0 panic=-1 reboot=t no_timer_check noreplace-smp cpu_init_udelay=0 swiotlb=noforce quiet"
  `);
});

test('keeps the card without its cable when there is no network', () => {
  const lines = asText(plan({ network: 'none' }).argv).split('\n');
  expect(lines.filter((line) => line.includes('net'))).toEqual([
    '-device virtio-net-device,id=net,bus=virtio-mmio-bus.4,ctrl_vq=off,ctrl_rx=off,ctrl_rx_extra=off,ctrl_vlan=off,ctrl_mac_addr=off,ctrl_guest_offloads=off,guest_announce=off',
  ]);
});

test('publishes ports from the first moment on', () => {
  const forwards = [
    { protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 8080, guestPort: 80 },
    { protocol: 'udp', hostAddress: '0.0.0.0', hostPort: 53, guestPort: 5353 },
  ] as const;
  expect(plan({ forwards }).argv).toContain(
    'user,id=net,ipv6=off,hostfwd=tcp:127.0.0.1:8080-:80,hostfwd=udp:0.0.0.0:53-:5353',
  );
});

test('puts placeholders behind the slots that nothing stands in', () => {
  const lines = asText(plan({ imageDisk: null, machineDisk: null }).argv).split('\n');
  expect(lines.filter((line) => line.includes('null-co'))).toHaveLength(2);
  expect(lines.join()).not.toContain('"driver":"file"');
});

test('has the same devices in the same places for every machine', () => {
  const devices = (change: Partial<Hardware>) =>
    plan(change)
      .argv.filter((_, index, argv) => argv[index - 1] === '-device')
      .map((device) => device.replace(/,netdev=\w+/, ''));
  expect(devices({ network: 'none', imageDisk: null, machineDisk: null })).toEqual(devices({}));
});

test('takes paths with commas, quotes and spaces for what they are', () => {
  const sockets = { folder: '/r,x', qmp: '/r,x/qmp', agent: '/r,x/agent', console: '/r,x/console' };
  const { argv } = plan({ sockets, imageDisk: '/d/a,read-only=off "b".erofs' });
  expect(argv).toContain('socket,id=qmp,path=/r,,x/qmp,server=on,wait=off');
  const file = argv.filter((word) => word.startsWith('{')).map((word) => JSON.parse(word) as { filename?: string });
  expect(file.map(({ filename }) => filename)).toContain('/d/a,read-only=off "b".erofs');
});

test('shares an image among machines and guards a writable disk', () => {
  const nodes = plan()
    .argv.filter((word) => word.startsWith('{'))
    .map((word) => JSON.parse(word) as Record<string, unknown>);
  const locking = Object.fromEntries(
    nodes.filter(({ locking }) => locking).map((node) => [node.filename, node.locking]),
  );
  expect(locking).toEqual({ '/d/image.erofs': 'off', '/d/disk.ext4': 'on' });
});

test.each(['hvf', 'whpx'] as const)('says that nobody has run a guest with %s', (name) => {
  expect(() => plan({}, { name })).toThrow(MvmError);
  expect(() => plan({}, { name })).toThrow(`mvm has no machine for ${name} yet`);
});
