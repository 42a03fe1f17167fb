/** What the set-up consists of, in order; each step finds out by itself whether there is anything to do. */
import { join } from 'node:path';
import { bundle } from '../bundle.ts';
import { provideTerminalBinding, terminalPackages } from '../terminal/build.ts';
import { install } from './apt.ts';
import { earlier, type Made, type Maker, makers, provide, writeWhole } from './artifacts.ts';
import { fetchArchive } from './debian-source.ts';
import { installNpmPackages } from './npm.ts';
import { missing, type PackageName } from './packages.ts';
import type { Step } from './schedule.ts';

export interface Place {
  root: string;
  cache: string;
}

/** What the set-up is for: a first run, which must not wait for long; everything that serves; or the tests as well. */
export type Purpose = 'run' | 'check' | 'development';

export function setUpSteps(place: Place, purpose: Purpose): Step[] {
  const made: Made[] = [];
  return [
    { name: 'Debian packages', run: (say) => installMissing(place, purpose, say) },
    { name: 'npm packages', run: (say) => installNpmPackages(place.root, say) },
    { name: 'bundle', needs: ['npm packages'], run: () => bundleAll(place.root) },
    { name: 'window', needs: ['npm packages'], run: () => bundleWindow(place.root) },
    ...makers.map((maker) => ({
      name: maker.name,
      after: ['Debian packages'],
      run: async (log: (text: string) => void) => {
        const { root, cache } = place;
        const found = isFor(purpose, maker) ? await provide(maker, root, { cache, log }) : earlier(maker, root, cache);
        if (found) made.push(found);
      },
    })),
    { name: 'list of what was built', after: makers.map(({ name }) => name), run: async () => writeList(place, made) },
    terminalBinding(place),
  ];
}

/** Others are used when they are there. */
const isFor = (purpose: Purpose, { canWait }: Maker): boolean => purpose !== 'run' || !canWait;

async function installMissing(place: Place, purpose: Purpose, say: (text: string) => void): Promise<void> {
  const unbuilt = makers.filter((maker) => isFor(purpose, maker) && !earlier(maker, place.root, place.cache));
  const wanted = missing([
    ...ENGINE,
    ...unbuilt.flatMap((maker) => maker.packages),
    ...terminalPackages(place.cache, place.root),
    ...(purpose === 'development' ? TESTS : []),
  ]);
  const installed = wanted.filter(({ there }) => !('archiveOf' in there));
  if (installed.length > 0) await install(installed, say);
  for (const { there, backportsOf } of wanted) {
    if ('archiveOf' in there) await fetchArchive(place.cache, { name: there.archiveOf, backportsOf }, say);
  }
}

const ENGINE: PackageName[] = ['qemu-system-x86'];

/** The judges and tools of the tests; Chromium shows the window, podman is the peer, the last two make packages. */
const TESTS: PackageName[] = [
  ...([
    'golang-go',
    'gcc',
    'libc6-dev',
    'erofs-utils',
    'debootstrap',
    'skopeo',
    'procps',
    'cpio',
    'curl',
    'iproute2',
  ] as const),
  ...(['zsh', 'fish', 'mandoc'] as const),
  ...(['chromium', 'podman', 'runc', 'slirp4netns'] as const),
  ...(['patchelf', 'p7zip-full'] as const),
];

function writeList({ root }: Place, made: Made[]): void {
  const files = Object.assign({}, ...made.map((each) => each.files));
  const digests = Object.fromEntries(
    made.flatMap((each) => Object.keys(each.files).map((name) => [name, each.digest])),
  );
  writeWhole(join(root, '.build', 'artifacts.json'), { ...files, digests });
}

/** Loaded late: it needs packages that an earlier step brings. */
async function bundleAll(root: string): Promise<void> {
  await bundle(root);
}

async function bundleWindow(root: string): Promise<void> {
  const { bundleRenderer } = await import('../renderer/bundle.ts');
  await bundleRenderer(root);
}

const terminalBinding = ({ root, cache }: Place): Step => ({
  name: 'terminal binding',
  needs: ['npm packages'],
  after: ['Debian packages'],
  run: (say) => provideTerminalBinding(root, cache, say),
});
