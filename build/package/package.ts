/** From a checkout that is set up to packages: bundles, parts, licences, and electron-builder around them. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';
import type { Artifacts } from '../../vmm/paths.ts';
import { bundle } from '../bundle.ts';
import { drawAppIcons } from '../icons/draw.ts';
import { bundleRenderer } from '../renderer/bundle.ts';
import { configuration } from './builder.ts';
import { writeLicences } from './licences.ts';
import { layParts } from './parts.ts';
import { provideRuntime } from './runtime.ts';
import type { Target } from './target.ts';

export interface PackageOptions {
  cache: string;
  target: Target;
  /** electron-builder's names of what to make; empty: what is usual on that system */
  forms: string[];
  electronDist: string | null;
  /** an unpacked Node of the target; null: npm's */
  node: string | null;
  engine: string | null;
  /** the parts of an earlier package, made where guests can be built; null: this checkout's */
  guest: string | null;
  out: string;
  say(text: string): void;
}

export const root = join(import.meta.dirname, '..', '..');

export const packagesFolder = join(root, '.build', 'packages');

/** Where a target's parts are laid out before they are packed. */
export const workFolder = (out: string, { platform, architecture }: Target): string =>
  join(out, 'parts', `${platform}-${architecture}`);

/** Resolves with the files made. */
export async function packageApp(options: PackageOptions): Promise<string[]> {
  const { cache, target, forms, electronDist, out, say } = options;
  const work = workFolder(out, target);
  const [app, parts, icons] = [join(work, 'app'), join(work, 'mvm'), join(work, 'icons')];

  const bundled = new Set([...(await bundle(root)), ...(await bundleRenderer(root))]);
  say('bundled');
  const artifacts = readArtifacts(options.guest ? join(options.guest, 'lib') : join(root, '.build'));
  const engine = options.engine ?? engineOf(artifacts, target);
  if (!engine) say('without an engine: mvm will look for a QEMU on PATH');
  const runtime = options.node ?? (await provideRuntime(root, cache, target));
  layParts(parts, { root, target, runtime, engine, artifacts });
  const builds = { kernel: folderOf(artifacts.kernel), baseImage: folderOf(artifacts.baseImage), engine };
  writeLicences(parts, { root, bundled: [...bundled].toSorted(), builds, earlier: options.guest });
  say('laid out');
  layApp(app);
  drawAppIcons(icons);

  // Loaded here: it takes a second that a usage error should not.
  const { build, Arch, Platform } = await import('electron-builder');
  const platform = { linux: Platform.LINUX, darwin: Platform.MAC, win32: Platform.WINDOWS }[target.platform];
  return build({
    projectDir: root,
    targets: platform.createTarget(forms.length > 0 ? forms : null, Arch[target.architecture]),
    config: configuration({
      root,
      app,
      parts,
      icons,
      out,
      electronDist: electronDist && resolve(electronDist),
      updates: process.env.MVM_UPDATES_URL ?? null,
      commandLink: target.platform === 'linux' ? layCommandLink(work) : null,
    }),
  });
}

/** What machines are made of, as the set-up built it. */
function readArtifacts(folder: string): Partial<Artifacts> {
  const list = join(folder, 'artifacts.json');
  if (!existsSync(list))
    throw new MvmError('package.not-set-up', 'this checkout is not set up', { hint: './mvm --set-up-only' });
  const { digests: _digests, ...artifacts } = JSON.parse(readFileSync(list, 'utf8')) as Record<string, string>;
  return Object.fromEntries(Object.entries(artifacts).map(([name, path]) => [name, resolve(folder, path)]));
}

const folderOf = (path: string | undefined): string | null => (path ? dirname(path) : null);

/** The engine that was built here is for systems like this one. */
function engineOf(
  { engine }: Partial<Artifacts> & { engine?: string },
  { platform, architecture }: Target,
): string | null {
  const fits = platform === process.platform && architecture === process.arch;
  return fits && engine ? dirname(engine) : null;
}

/** Everything is bundled, so the app has no node_modules. */
function layApp(app: string): void {
  rmSync(app, { recursive: true, force: true });
  mkdirSync(app, { recursive: true });
  for (const part of ['electron', 'renderer', 'icons'])
    cpSync(join(root, '.build', part), join(app, part), { recursive: true, filter: (path) => !path.endsWith('.map') });
  const { version, description, license, author } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const manifest = {
    name: 'mvm',
    productName: 'mvm',
    version,
    description,
    license,
    author,
    main: 'electron/main.cjs',
  };
  writeFileSync(join(app, 'package.json'), JSON.stringify({ ...manifest, homepage: 'https://mvm.invalid' }, null, 2));
}

/** `/usr/bin/mvm` of a Debian package: dpkg removes it with the rest. */
function layCommandLink(work: string): string {
  const link = join(work, 'command-link');
  rmSync(link, { force: true });
  symlinkSync('/opt/mvm/resources/mvm/bin/mvm', link);
  return link;
}
