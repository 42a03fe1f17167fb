/** The base image's files. All times are 1970: the same busybox gives the same image. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TarInput } from '../../images/rootfs/tar-writer.ts';
import type { Busybox } from './build.ts';

export function rootEntries({ program, applets, copyright }: Busybox): TarInput[] {
  const files: TarInput[] = [
    { path: BUSYBOX, kind: 'file', mode: EXECUTABLE, content: program },
    { path: 'usr/share/doc/busybox/copyright', kind: 'file', content: copyright },
    ...configuration(),
  ];
  const links = applets
    .filter((path) => path !== BUSYBOX && path !== 'linuxrc')
    .map((path): TarInput => ({ path, kind: 'hardlink', target: BUSYBOX, mode: EXECUTABLE }));
  return [...folders([...files, ...links]), ...files, ...links.sort(byPath)];
}

const BUSYBOX = 'bin/busybox';

/** Stands at every link too: podman gives the file the mode of the last one that it unpacks. */
const EXECUTABLE = 0o755;

const ETC = join(import.meta.dirname, 'etc');

/** Files whose modes are not 0644. */
const fileModes: Record<string, number> = { shadow: 0o600 };

function configuration(): TarInput[] {
  return readdirSync(ETC)
    .sort()
    .map((name) => {
      const content = readFileSync(join(ETC, name));
      return { path: `etc/${name}`, kind: 'file', mode: fileModes[name] ?? 0o644, content };
    });
}

/** Folders that are empty, or whose modes are not 0755. */
const folderModes: Record<string, number> = {
  dev: 0o755,
  home: 0o755,
  proc: 0o755,
  root: 0o700,
  run: 0o755,
  sys: 0o755,
  tmp: 0o1777,
  'usr/local/bin': 0o755,
  'usr/local/sbin': 0o755,
  'var/log': 0o755,
  'var/tmp': 0o1777,
};

/** These and all that the files stand in, the root first, each after the one that it stands in. */
function folders(files: TarInput[]): TarInput[] {
  const paths = new Set(['.']);
  const add = (path: string) => {
    for (let folder = path; folder !== '.'; folder = dirname(folder)) paths.add(folder);
  };
  for (const { path } of files) add(dirname(path));
  for (const path of Object.keys(folderModes)) add(path);
  return [...paths].sort().map((path) => ({ path, kind: 'directory', mode: folderModes[path] ?? 0o755 }));
}

function byPath(a: TarInput, b: TarInput): number {
  return a.path < b.path ? -1 : 1;
}
