import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LaunchPlan } from '../../vmm/engine/engine.ts';
import { Guest } from '../guest/guest.ts';
import { onEachEngine } from './engines.ts';

// No machine has shared folders yet: the device is added to the plan, and the guest mounts it by hand.
describe('a shared folder', () => {
  onEachEngine(({ name, env }) => {
    const isOwn = name === 'own';
    let folder: string;
    let guest: Guest;
    const here = (path: string) => join(folder, path);

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'mvm-folders-'));
      for (const place of ['one', 'two']) mkdirSync(here(place));
      symlinkSync('one', here('exported'));
      guest = await Guest.machine(undefined, { env, adapt: (plan) => withFolder(plan, here('exported')) });
    });
    afterAll(async () => {
      await guest.end();
      rmSync(folder, { recursive: true });
    });

    beforeEach(() => mount());
    afterEach(() => guest.sh('umount /mnt'));

    async function mount(): Promise<void> {
      const options = 'trans=virtio,version=9p2000.L,msize=262144,access=client,cache=mmap,aname=owner=1000:1000';
      const { stderr } = await guest.sh(`mkdir -p /mnt && mount -t 9p -o ${options} share /mnt`);
      expect(stderr).toBe('');
    }

    test(`${isOwn ? 'belongs' : 'does not belong'} to the user whom the guest named`, async () => {
      writeFileSync(here('one/mine'), 'from the host');
      const { stdout } = await guest.sh('stat -c %u:%g /mnt /mnt/mine');
      const us = `${process.getuid?.()}:${process.getgid?.()}`;
      expect(stdout).toBe((isOwn ? '1000:1000\n' : `${us}\n`).repeat(2));
      const { stderr } = await guest.sh('echo more >> /mnt/mine; mkdir /mnt/made; ln -s made /mnt/link', {
        user: '1000:1000',
      });
      if (isOwn) expect(stderr).toBe('');
      else expect(stderr).toContain('ermission denied');
    });

    test.runIf(isOwn)('changes no owner on the host', async () => {
      await guest.sh(
        'cd /mnt; echo a > file; chown 1000:1000 file; chown 0:0 file; ln -s file sym; chown -h 1000 sym',
        {},
      );
      const { stderr, exit } = await guest.sh('chown 1001 /mnt/file');
      expect({ stderr, code: exit.code }).toEqual({ stderr: expect.stringContaining('not permitted'), code: 1 });
      for (const made of ['file', 'sym']) {
        expect(statSync(here(`one/${made}`))).toMatchObject({ uid: process.getuid?.(), gid: process.getgid?.() });
      }
    });

    test.runIf(isOwn)('takes no program with rights of its own, and no device', async () => {
      await guest.sh('cd /mnt; cp /bin/busybox prog; chmod 6755 prog; mkdir shared; chmod 2770 shared');
      expect(statSync(here('one/prog')).mode & 0o7777).toBe(0o755);
      expect(statSync(here('one/shared')).mode & 0o7777).toBe(0o2770);
      expect((await guest.sh('mknod /mnt/device b 1 1')).stderr).toContain('not permitted');
      expect(readdirSync(here('one'))).not.toContain('device');
    });

    test(`is ${isOwn ? 'found anew' : 'the same'} at the next mount`, async () => {
      writeFileSync(here('two/second'), '');
      await guest.sh('umount /mnt');
      unlinkSync(here('exported'));
      symlinkSync('two', here('exported'));
      await mount();
      const { stdout } = await guest.sh('ls /mnt; echo x > /mnt/written');
      expect(stdout.includes('second')).toBe(isOwn);
      expect(readdirSync(here('two')).includes('written')).toBe(isOwn);
    });
  });
});

function withFolder(plan: LaunchPlan, path: string): LaunchPlan {
  const device = ['-device', 'virtio-9p-device,bus=virtio-mmio-bus.1,fsdev=share,mount_tag=share'];
  return { ...plan, argv: [...plan.argv, '-fsdev', `local,id=share,path=${path},security_model=none`, ...device] };
}
