/** Packages as `build/package/main.ts` makes them, around an Electron that stands in for the real one. */
import { execFile } from 'node:child_process';

import { join } from 'node:path';
import { promisify } from 'node:util';
import { linuxElectron } from './electron-dist.ts';

export const ROOT = join(import.meta.dirname, '..', '..');
export const CACHE = process.env.MVM_CACHE ?? join(process.env.HOME ?? '', '.cache', 'mvm');

const NODE = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;

/** Resolves with what it printed; `out` is where everything goes. */
export async function makePackage(out: string, options: string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const [node, ...flags] = NODE;
  const argv = [...flags, join(ROOT, 'build', 'package', 'main.ts'), ...options, '--out', out];
  const { stdout } = await promisify(execFile)(node, argv, {
    env: { ...process.env, MVM_CACHE: CACHE, CSC_IDENTITY_AUTO_DISCOVERY: 'false', ...env },
  });
  return stdout;
}

/** The folder of one for Linux, as it would be installed. */
export async function linuxFolder(work: string): Promise<{ app: string; parts: string }> {
  await makePackage(join(work, 'out'), [...LINUX, '--electron', linuxElectron(join(work, 'electron'))]);
  const app = join(work, 'out', 'linux-unpacked');
  return { app, parts: join(app, 'resources', 'mvm') };
}

export const LINUX = ['--system', 'linux', '--target', 'dir'];
