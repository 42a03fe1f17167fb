/**
 * Prints the guest instructions until PID 1 runs, for a given engine command:
 *   node test/bench/instructions/main.ts [--profile=SYSTEM_MAP] -- qemu-system-x86_64 -M microvm ...
 * With the kernel's System.map it also prints the functions in which they were spent.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { countBoot } from './count.ts';
import { instructionsByFunction } from './profile.ts';

const { values, positionals } = parseArgs({ options: { profile: { type: 'string' } }, allowPositionals: true });
const folder = mkdtempSync(join(tmpdir(), 'mvm-instructions-'));
const profile = values.profile && join(folder, 'profile');
const millions = (count: number): string => (count / 1e6).toFixed(2).padStart(8);

try {
  const { kernelEntered, pid1 } = await countBoot(positionals, { profile });
  console.log(`${millions(kernelEntered)} M  until the kernel\n${millions(pid1)} M  until PID 1`);
  if (profile) printProfile(readFileSync(profile, 'utf8'), readFileSync(values.profile ?? '', 'utf8'));
} finally {
  rmSync(folder, { recursive: true });
}

function printProfile(profile: string, systemMap: string): void {
  for (const { name, untilPid1 } of instructionsByFunction(profile, systemMap).slice(0, 40)) {
    console.log(`${millions(untilPid1)} M  ${name}`);
  }
}
