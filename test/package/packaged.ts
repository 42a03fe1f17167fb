/** Packages as `build/package/main.ts` makes them, around an Electron that stands in for the real one. */
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
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

/** What electron-builder would download to make archives, as Debian has it. */
export const sevenZip = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, '7za'))
  .find((path) => existsSync(path));

/** It compresses as little as it can: the other way, a minute goes into one archive. */
export const ARCHIVES = { ELECTRON_BUILDER_7ZIP_PATH: sevenZip, ELECTRON_BUILDER_COMPRESSION_LEVEL: '1' };

/** In place of the fpm that it would download. */
export function debianPackager(work: string): NodeJS.ProcessEnv {
  const program = join(work, 'fpm');
  const argv = [...NODE, join(import.meta.dirname, 'fpm', 'main.ts')].map((word) => `'${word}'`);
  writeFileSync(program, `#!/bin/sh\nexec ${argv.join(' ')} "$@"\n`, { mode: 0o755 });
  return { CUSTOM_FPM_PATH: program };
}
