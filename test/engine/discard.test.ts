import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LaunchPlan } from '../../vmm/engine/engine.ts';
import { Guest } from '../guest/guest.ts';
import { eventually } from '../world.ts';
import { onEachEngine } from './engines.ts';

const MIB = 1024 ** 2;

// No machine starts from a template yet: here the guest's memory is a private view of a file, as a clone's is.
describe('memory that a guest frees', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mvm-discard-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  onEachEngine(({ name, env }) => {
    test(`is ${name === 'own' ? 'not cut' : 'cut'} out of the file that it is a private view of`, async () => {
      const file = join(folder, 'memory');
      writeFileSync(file, Buffer.alloc(256 * MIB));
      const whole = statSync(file).blocks;
      const guest = await Guest.machine(undefined, { env, adapt: (plan) => asPrivateView(plan, file) });
      const held = () => privateBytes(guest.engine.process.pid);
      await guest.sh('dd if=/dev/zero of=/dev/shm/some bs=1M count=48 2>/dev/null');
      const before = held();
      expect(before).toBeGreaterThan(48 * MIB);
      await guest.sh('rm /dev/shm/some');
      await eventually(() => held() < before - 16 * MIB, 'the memory to be given back');
      const { stdout } = await guest.sh('echo lives');
      await guest.end();
      expect(stdout).toBe('lives\n');
      expect(statSync(file).blocks === whole).toBe(name === 'own');
    });
  });
});

function asPrivateView(plan: LaunchPlan, file: string): LaunchPlan {
  const argv = plan.argv.map((word) => (word.startsWith('microvm,') ? `${word},memory-backend=ram` : word));
  const memory = `memory-backend-file,id=ram,size=256M,mem-path=${file},share=off`;
  return { ...plan, argv: [...argv, '-object', memory] };
}

/** What a process has changed of what it maps, and holds by itself. */
function privateBytes(pid: number): number {
  const line = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').match(/^Private_Dirty:\s+(\d+) kB/m);
  return Number(line?.[1]) * 1024;
}
