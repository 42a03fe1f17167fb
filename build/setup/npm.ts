/** The packages of package-lock.json. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { MvmError } from '../../vmm/contract/errors.ts';

export const system = `${process.platform}-${process.arch}`;

/** No package's script runs: what is used as shipped needs none, and the one binding is built below. */
export async function installNpmPackages(root: string, say: (text: string) => void): Promise<void> {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const record = join('node_modules', '.mvm-lock');
  const inPlace = join(root, record);
  if (existsSync(inPlace) && readFileSync(inPlace, 'utf8') === `${wanted} ${system}\n`) return;
  say('npm ci');
  const work = join(root, '.build', `npm.${process.pid}`);
  mkdirSync(work, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(root, file), join(work, file));
  await npm(work, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(join(work, record), `${wanted} ${system}\n`);
  exchange(join(work, 'node_modules'), join(root, 'node_modules'), join(work, 'old'));
  await removeWorkFolders(join(root, '.build'));
}

/** npm works aside: one whose set-up was killed may still be at it, and two in one folder fail. */
function exchange(made: string, place: string, old: string): void {
  if (existsSync(place)) renameSync(place, old);
  renameSync(made, place);
}

async function removeWorkFolders(folder: string): Promise<void> {
  for (const name of readdirSync(folder).filter((each) => each.startsWith('npm.'))) {
    // One that an orphaned npm still writes to cannot be removed; the next set-up that installs does it.
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => {});
  }
}

/** node-gyp looks for Node's headers here instead of downloading them; Node's own packages have them. */
export async function npm(root: string, argv: string[]): Promise<void> {
  const prefix = dirname(dirname(process.execPath));
  const headers = existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? { npm_config_nodedir: prefix } : {};
  const env = { ...process.env, ...headers };
  await promisify(execFile)('npm', argv, { cwd: root, env, maxBuffer: 64 * 1024 * 1024 }).catch((error) => {
    const output = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim() || error.message;
    throw new MvmError('npm.failed', `npm ${argv[0]} failed`, {
      hint: output.split('\n').slice(-15).join('\n'),
    });
  });
}
