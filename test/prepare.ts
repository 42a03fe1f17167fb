/**
 * Once around all tests: what they make lies in one folder, which goes with them, and no engine outlives them. The
 * host's accelerator is probed before, for every world's home to know it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call } from '../vmm/client/connect.ts';
import { homePaths } from '../vmm/paths.ts';
import { enginesIn } from './processes.ts';

const CLI = join(import.meta.dirname, '..', '.build', 'cli.cjs');

export default async function prepare(): Promise<() => void> {
  const temporary = mkdtempSync(join(tmpdir(), 'mvm-'));
  process.env.TMPDIR = temporary;
  // Without a bundle there are unit tests alone to run; what needs it fails by itself.
  if (existsSync(CLI)) process.env.MVM_TEST_ACCELERATORS = await probed(join(temporary, 'host'));
  return () => {
    const left = enginesIn(temporary).map((pid) => endNow(pid));
    rmSync(temporary, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    if (left.length > 0) throw new Error(`the tests left engines running, which are ended now:\n${left.join('\n')}`);
  };
}

/** Answers with what it was. */
function endNow(pid: number): string {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    process.kill(pid, 'SIGKILL');
    return command;
  } catch {
    return `${pid}, which ended by itself meanwhile`;
  }
}

/** The file that a service wrote down what it found in. */
async function probed(home: string): Promise<string> {
  const env = { ...process.env, MVM_HOME: home };
  execFileSync(process.execPath, [CLI, 'run', 'linux', 'true'], { env, stdio: 'ignore' });
  await call({ home, entry: null }, 'shutdown', {});
  return homePaths(home).accelerators;
}
