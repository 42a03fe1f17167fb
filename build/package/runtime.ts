/** The Node that is shipped: the version that the set-up uses. npm has it for Linux; for others there are gaps. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MvmError } from '../../vmm/contract/errors.ts';
import type { Target } from './target.ts';

/**
 * Brings it into the cache when it is not there; the set-up keeps its own there too.
 *
 * @throws MvmError `package.no-runtime`
 */
export async function provideRuntime(root: string, cache: string, target: Target): Promise<string> {
  const version = nodeVersion(root);
  if (target.platform !== 'linux') throw notNamed(version, target);
  const name = `node-${target.platform}-${target.architecture}`;
  const place = join(cache, `node-${version}-${name.slice('node-'.length)}`);
  const runtime = join(place, 'node_modules', name);
  if (existsSync(runtime)) return runtime;
  const partial = `${place}.partial.${process.pid}`;
  // Its package says which systems it is for; it is not run on this one.
  const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--force'];
  await promisify(execFile)('npm', ['install', ...options, '--prefix', partial, `${name}@${version}`]);
  rmSync(place, { recursive: true, force: true });
  renameSync(partial, place);
  return runtime;
}

/** The set-up's shell script is where the version is chosen. */
function nodeVersion(root: string): string {
  const script = readFileSync(join(root, 'build', 'setup', 'set-up.sh'), 'utf8');
  const [, version] = /^node_version=(\S+)$/m.exec(script) ?? [];
  if (!version) throw new Error('build/setup/set-up.sh names no node_version');
  return version;
}

function notNamed(version: string, { platform, architecture }: Target): MvmError {
  const archive = platform === 'win32' ? `win-${architecture}.zip` : `${platform}-${architecture}.tar.gz`;
  return new MvmError('package.no-runtime', `a package for ${platform} needs a Node of that system`, {
    hint: `Unpack https://nodejs.org/dist/v${version}/node-v${version}-${archive} and name its folder with --node.`,
  });
}
