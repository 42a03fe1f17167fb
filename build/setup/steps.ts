/** What the set-up consists of, in order; each step finds out by itself whether there is anything to do. */
import { join } from 'node:path';
import { bundle } from '../bundle.ts';
import { provideTerminalBinding, terminalPackages } from '../terminal/build.ts';
import { install } from './apt.ts';
import { earlier, type Made, makers, provide, writeWhole } from './artifacts.ts';
import { installNpmPackages } from './npm.ts';
import { missing, type PackageName } from './packages.ts';
import type { Step } from './schedule.ts';

export interface Place {
  root: string;
  cache: string;
}

export function setUpSteps(place: Place, forDevelopment: boolean): Step[] {
  const made: Made[] = [];
  return [
    { name: 'Debian packages', run: (say) => installMissing(place, forDevelopment, say) },
    { name: 'npm packages', run: (say) => installNpmPackages(place.root, say) },
    { name: 'bundle', needs: ['npm packages'], run: () => bundleAll(place.root) },
    { name: 'window', needs: ['npm packages'], run: () => bundleWindow(place.root) },
    ...makers.map((maker) => ({
      name: maker.name,
      after: ['Debian packages'],
      run: async (log: (text: string) => void) => {
        made.push(await provide(maker, place.root, { cache: place.cache, log }));
      },
    })),
    { name: 'list of what was built', after: makers.map(({ name }) => name), run: async () => writeList(place, made) },
    terminalBinding(place),
  ];
}

async function installMissing(place: Place, forDevelopment: boolean, say: (text: string) => void): Promise<void> {
  const unbuilt = makers.filter((maker) => !earlier(maker, place.root, place.cache));
  const wanted = missing([
    ...ENGINE,
    ...unbuilt.flatMap((maker) => maker.packages),
    ...terminalPackages(place.cache, place.root),
    ...(forDevelopment ? TESTS : []),
  ]);
  if (wanted.length > 0) await install(wanted, say);
}

const ENGINE: PackageName[] = ['qemu-system-x86'];

/** The judges and tools of the tests; Chromium shows the window, podman is the peer, patchelf packages the engine. */
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
  ...(['chromium', 'patchelf'] as const),
  ...(['podman', 'runc', 'slirp4netns'] as const),
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
