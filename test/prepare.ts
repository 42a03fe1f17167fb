/** Once before all tests: the host's accelerator is probed, for every world's home to know it. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { homePaths } from '../vmm/paths.ts';

export default function prepare(): () => void {
  const home = mkdtempSync(join(tmpdir(), 'mvm-test-host-'));
  const cli = join(import.meta.dirname, '..', '.build', 'cli.cjs');
  if (existsSync(cli)) {
    const run = (...args: string[]) =>
      execFileSync(process.execPath, [cli, ...args], { env: { ...process.env, MVM_HOME: home }, stdio: 'ignore' });
    run('run', 'linux', 'true');
    process.env.MVM_TEST_ACCELERATORS = homePaths(home).accelerators;
  }
  return () => rmSync(home, { recursive: true, force: true });
}
