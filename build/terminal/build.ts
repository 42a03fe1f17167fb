/** node-pty's native binding: shells of this host need it, in the window and in tests. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';
import { npm, system } from '../setup/npm.ts';
import { missing, type PackageName } from '../setup/packages.ts';
import { closeOnExec } from './close-on-exec.ts';

const PACKAGES: PackageName[] = ['python3', 'make', 'g++'];

/** What must be installed before it can be built; nothing where it is not built, or was. */
export function terminalPackages(cache: string, root: string): PackageName[] {
  const { source } = place(root);
  // Before npm's packages are there, nobody knows.
  if (!existsSync(source)) return PACKAGES;
  return isShipped(root) || existsSync(keptIn(cache, root)) ? [] : PACKAGES;
}

/** It is shipped for macOS and Windows; one that was built once is kept in the cache. */
export async function provideTerminalBinding(root: string, cache: string, say: (text: string) => void): Promise<void> {
  if (isShipped(root)) return;
  const { built, mark } = place(root);
  const kept = keptIn(cache, root);
  if (existsSync(mark) && readFileSync(mark, 'utf8') === kept) return;
  if (!existsSync(kept)) await build(root, kept, say);
  put(join(kept, 'pty.node'), join(built, 'pty.node'));
  writeFileSync(mark, kept);
}

async function build(root: string, kept: string, say: (text: string) => void): Promise<void> {
  const lacking = missing(PACKAGES).map(({ name }) => name);
  if (lacking.length > 0) throw new MvmError('packages.missing', `node-pty needs ${lacking.join(', ')} to compile`);
  say('compiles node-pty');
  const { source, built } = place(root);
  const original = readFileSync(source, 'utf8');
  try {
    writeFileSync(source, closeOnExec(original));
    await npm(root, ['rebuild', 'node-pty']);
  } finally {
    // The next one to build edits what the package has.
    writeFileSync(source, original);
  }
  put(join(built, 'pty.node'), join(`${kept}.partial`, 'pty.node'));
  renameSync(`${kept}.partial`, kept);
}

const home = (root: string): string => join(root, 'node_modules', 'node-pty');

const isShipped = (root: string): boolean => existsSync(join(home(root), 'prebuilds', system, 'pty.node'));

function place(root: string) {
  const built = join(home(root), 'build', 'Release');
  return { source: join(home(root), 'src', 'unix', 'pty.cc'), built, mark: join(built, 'mvm-kept') };
}

/** Named by what shapes it. */
function keptIn(cache: string, root: string): string {
  const { version } = JSON.parse(readFileSync(join(home(root), 'package.json'), 'utf8'));
  const edited = closeOnExec(readFileSync(place(root).source, 'utf8'));
  const digest = createHash('sha256').update(edited).digest('hex').slice(0, 16);
  return join(cache, `node-pty-${version}-${system}-${digest}`);
}

function put(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, `${to}.partial`);
  renameSync(`${to}.partial`, to);
}
