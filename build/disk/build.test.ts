import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expandEmptyDisk } from '../../images/systems/linux/empty-disk.ts';
import { buildEmptyDisk, type EmptyDisks } from './build.ts';

describe.skipIf(!existsSync('/usr/sbin/mke2fs'))('the empty disks (skipped without e2fsprogs)', () => {
  let cache: string;
  let disks: EmptyDisks;
  beforeAll(async () => {
    cache = mkdtempSync(join(tmpdir(), 'mvm-empty-'));
    disks = await buildEmptyDisk({ cache, log: () => {} });
  });
  afterAll(() => rmSync(cache, { recursive: true }));

  test.each(['emptyDisk', 'scratchDisk'] as const)('%s is a sound file system that takes little room', (kind) => {
    const disk = join(cache, kind);
    expandEmptyDisk(disks[kind], disk, { durable: false });
    const check = spawnSync('/usr/sbin/e2fsck', ['-fn', disk], { encoding: 'utf8' });
    expect(check.stdout + check.stderr).not.toMatch(/\? no/);
    expect(check.status).toBe(0);
    expect(statSync(disk).size).toBe(64 * 2 ** 30);
    expect(statSync(disk).blocks * 512).toBeLessThan(1_000_000);
    expect(statSync(disks[kind]).size).toBeLessThan(20_000);
  });

  test('only the kept machine has a journal', () => {
    const features = (kind: 'emptyDisk' | 'scratchDisk') => {
      const disk = join(cache, `${kind}-features`);
      expandEmptyDisk(disks[kind], disk, { durable: false });
      return spawnSync('/usr/sbin/dumpe2fs', ['-h', disk], { encoding: 'utf8' }).stdout;
    };
    expect(features('emptyDisk')).toContain('has_journal');
    expect(features('scratchDisk')).not.toContain('has_journal');
  });

  test('come out the same, byte for byte, when made again', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'mvm-empty-again-'));
    try {
      const again = await buildEmptyDisk({ cache: elsewhere, log: () => {} });
      expect(readFileSync(again.emptyDisk).equals(readFileSync(disks.emptyDisk))).toBe(true);
      expect(readFileSync(again.scratchDisk).equals(readFileSync(disks.scratchDisk))).toBe(true);
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });
});
