/**
 * What lies beside the app: Node and the programs it runs, the engine, what guests are made of. A folder that works
 * wherever it is put, with no other part of mvm there.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';
import type { Artifacts } from '../../vmm/paths.ts';
import { copyLibraries } from './libraries.ts';
import type { Target } from './target.ts';

export interface PartsOptions {
  /** the checkout, bundled */
  root: string;
  target: Target;
  /** a Node of the target as nodejs.org and npm have it, with its licence */
  runtime: string;
  /** the engine's folder; null: left out, and mvm looks for one on PATH */
  engine: string | null;
  artifacts: Partial<Artifacts>;
}

export function layParts(folder: string, options: PartsOptions): void {
  rmSync(folder, { recursive: true, force: true });
  const { root, target, runtime, engine } = options;
  layRuntime(join(folder, 'runtime'), runtime, target);
  layPrograms(join(folder, 'lib'), root);
  layModules(join(folder, 'lib', 'node_modules'), join(root, 'node_modules'), target);
  if (engine) layEngine(join(folder, 'engine'), engine, target);
  layGuest(folder, options);
  layCommand(join(folder, 'bin'), target);
}

function layRuntime(place: string, runtime: string, { platform }: Target): void {
  for (const name of [platform === 'win32' ? 'node.exe' : 'bin/node', 'LICENSE']) {
    const from = join(runtime, name);
    if (!existsSync(from)) throw new MvmError('package.no-runtime', `there is no ${name} in ${runtime}`);
    put(from, join(place, name));
  }
}

function layPrograms(place: string, root: string): void {
  for (const name of ['cli.cjs', 'service.mjs', 'erofs-worker.mjs', 'renderer'])
    put(join(root, '.build', name), join(place, name));
}

/** Of each native module what its own code loads on this system, and its licence. */
function layModules(place: string, modules: string, { platform, architecture }: Target): void {
  const system = `${platform}-${architecture}`;
  const take = (name: string, parts: string[]): void => {
    for (const part of ['package.json', 'LICENSE', ...parts])
      cpSync(join(modules, name, part), join(place, name, part), {
        recursive: true,
        filter: (path) => !/\.(test\.js|map|pdb|d\.ts)$/.test(path),
      });
  };
  take('better-sqlite3', ['lib', `prebuilds/${system}.node`]);
  take('node-pty', ['lib', platform === 'linux' ? 'build/Release/pty.node' : `prebuilds/${system}`]);
}

function layEngine(place: string, engine: string, { platform }: Target): void {
  cpSync(engine, place, { recursive: true });
  if (platform === 'linux') copyLibraries(place);
}

/** The list that the service reads, with names as they are seen from beside it. */
function layGuest(folder: string, { artifacts, engine, target }: PartsOptions): void {
  const guest = join(folder, 'guest');
  const list: Record<string, string> = {};
  for (const [name, path] of Object.entries(artifacts)) {
    if (name === 'engine') continue;
    put(path, join(guest, basename(path)));
    list[name] = `../guest/${basename(path)}`;
  }
  const program = `qemu-system-x86_64${target.platform === 'win32' ? '.exe' : ''}`;
  if (engine) list.engine = `../${relative(folder, join(folder, 'engine', program))}`;
  writeFileSync(join(folder, 'lib', 'artifacts.json'), `${JSON.stringify(list, null, 2)}\n`);
}

function layCommand(place: string, { platform }: Target): void {
  const name = platform === 'win32' ? 'mvm.cmd' : 'mvm';
  const command = join(place, name);
  put(join(import.meta.dirname, 'command', name), command);
  chmodSync(command, 0o755);
}

function put(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true });
}
