/** Once before all tests: the host's accelerator is probed, for every world's home to know it. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call } from '../vmm/client/connect.ts';
import { homePaths } from '../vmm/paths.ts';

const CLI = join(import.meta.dirname, '..', '.build', 'cli.cjs');

export default async function prepare(): Promise<(() => void) | undefined> {
  // Without a bundle there are unit tests alone to run; what needs it fails by itself.
  if (!existsSync(CLI)) return undefined;
  const home = mkdtempSync(join(tmpdir(), 'mvm-test-host-'));
  const env = { ...process.env, MVM_HOME: home };
  execFileSync(process.execPath, [CLI, 'run', 'linux', 'true'], { env, stdio: 'ignore' });
  await call({ home, entry: null }, 'shutdown', {});
  process.env.MVM_TEST_ACCELERATORS = homePaths(home).accelerators;
  return () => rmSync(home, { recursive: true, force: true });
}
