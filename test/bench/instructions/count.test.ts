import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countBoot } from './count.ts';

const lacking = ['qemu-system-x86_64', 'gcc'].filter((tool) => spawnSync(tool, ['--version']).error);

describe.skipIf(lacking.length > 0)(`the instruction counter (skipped without ${lacking})`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mvm-counter-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([1, 1000, 60_000])('counts a firmware that loops %d times to the last instruction', async (loops) => {
    const counts = await countBoot(engineWith(firmware(loops)), {
      ready: async (current) => {
        while (current().total < loops + 3) await setTimeout(2);
        await setTimeout(50); // were it to count on, the sum below would be wrong
      },
    });
    expect(counts).toEqual({ total: loops + 3, kernelEntered: 0, pid1: 0 });
  });

  test('says what the engine said when it ends too soon', async () => {
    await expect(countBoot(['qemu-system-x86_64', '-M', 'no-such-machine'])).rejects.toThrow(/no-such-machine/);
  });

  function engineWith(rom: Buffer): string[] {
    const bios = join(folder, 'bios');
    writeFileSync(bios, rom);
    const machine = ['-M', 'microvm,acpi=off', '-accel', 'tcg', '-m', '16M', '-bios', bios];
    return ['qemu-system-x86_64', ...machine, '-nodefaults', '-no-user-config', '-display', 'none'];
  }
});

/** 64 KiB of ROM that jumps from the reset vector to its start: mov cx, loops; loop itself; hlt for ever. */
function firmware(loops: number): Buffer {
  const rom = Buffer.alloc(0x10000);
  rom.set([0xb9, loops & 0xff, loops >> 8, 0xe2, 0xfe, 0xf4, 0xeb, 0xfd]);
  rom.set([0xe9, 0x0d, 0x00], 0xfff0);
  return rom;
}
