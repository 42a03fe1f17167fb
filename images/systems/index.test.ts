import { expect, test } from 'vitest';
import { systemFor, systems } from './index.ts';
import { freeSlots } from './linux/devices.ts';

test('an image finds the system of its platform, or hears which there are', () => {
  expect(systemFor('linux/amd64').platform).toBe('linux/amd64');
  expect(() => systemFor('plan9/mips')).toThrow('no system for images of plan9/mips');
});

test.each(systems.map((system) => [system.platform, system] as const))(
  '%s puts every device in a bus of its own',
  (_, system) => {
    const slots = [...system.devices.map(({ slot }) => slot), ...system.freeSlots];
    expect(slots.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(new Set(system.devices.map(({ id }) => id)).size).toBe(system.devices.length);
  },
);

test.each(systems.map((system) => [system.platform, system] as const))(
  '%s names its disks in the order the kernel finds them',
  (_, system) => {
    const disks = system.devices.filter((device) => device.kind === 'disk').toSorted((a, b) => b.slot - a.slot);
    expect(disks.map(({ guestPath }) => guestPath)).toEqual(['/dev/vda', '/dev/vdb']);
    for (const { serial, slot } of disks) {
      expect(Buffer.byteLength(serial)).toBeLessThanOrEqual(20);
      expect(slot).toBeGreaterThan(Math.max(...freeSlots));
    }
  },
);
