/**
 * The same copies by podman and by mvm, with the same image: the same files where, whose and how. Two that docker's
 * manual decides otherwise than podman are left out: a folder to a new name with a slash at its end is made, and what
 * a link here leads to is written, not the link.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memorySource } from '../../images/rootfs/byte-source.ts';
import { readTar } from '../../images/rootfs/tar.ts';
import { type TarInput, writeTar } from '../../images/rootfs/tar-writer.ts';
import { findArtifacts, needArtifact } from '../../vmm/service/artifacts.ts';
import { share } from '../share.ts';
import { World } from '../world.ts';
import { freePodman, podmanIn } from './podman.ts';

const top = mkdtempSync(join(tmpdir(), 'mvm-podman-'));
const storage = join(top, 'storage');
const [command = '', ...global] = podmanIn(storage);
const podman = (args: string[], input?: Buffer) => spawnSync(command, [...global, ...args], { input });

/** Where the container's files lie; what podman copies out tells of other owners. */
let containerRoot = '';

/** null, or why podman cannot be asked. */
function makeContainer(): string | null {
  const pulled = podman(['pull', '--quiet', `oci-archive:${needArtifact(findArtifacts(process.env), 'baseImage')}`]);
  if (pulled.error) return pulled.error.message;
  const created = podman(['create', '--name', 'web', pulled.stdout.toString().trim(), 'sleep', '1000']);
  const mounted = podman(['mount', 'web']);
  containerRoot = mounted.stdout.toString().trim();
  const failed = [pulled, created, mounted].find(({ status }) => status !== 0);
  return failed ? failed.stderr.toString().trim() : null;
}

const obstacle = makeContainer();
const w = new World();

beforeAll(async () => {
  if (obstacle === null) await w.mvm(['run', '-d', '--name', 'web', 'linux', 'sleep', '100000']);
});
afterAll(async () => {
  podman(['umount', 'web']);
  podman(['rm', '--force', 'web']);
  podman(['rmi', '--all', '--force']);
  freePodman(storage);
  rmSync(top, { recursive: true });
  await w.end();
});

const DAY = 86_400;
const old = { mtime: { seconds: 10_000 * DAY, nanoseconds: 0 } };

/** What is in the machine's folder of a case, and in the container's. */
const there: TarInput[] = [
  { path: '.', kind: 'directory', ...old },
  { path: './folder', kind: 'directory', mode: 0o750, ...old },
  { path: './folder/kept', kind: 'file', content: Buffer.from('kept'), ...old },
  { path: './file', kind: 'file', content: Buffer.from('before'), mode: 0o604, ...old },
  { path: './tree', kind: 'directory', mode: 0o711, ...old },
  { path: './tree/sub', kind: 'directory', ...old },
  { path: './tree/sub/f', kind: 'file', content: Buffer.from('f'), mode: 0o640, uid: 12, gid: 34, ...old },
  { path: './tree/l', kind: 'symlink', target: 'sub/f', ...old },
];

/** The same here. */
function makeHere(folder: string): void {
  mkdirSync(folder);
  execFileSync('tar', ['-x', '-C', folder], { input: writeTar(there) });
  writeFileSync(join(folder, 'a b:c'), 'odd');
}

/** Names, kinds, modes, owners, contents; times of what was copied and not made. */
function described(tar: Buffer): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const entry of readTar(memorySource(tar))) {
    const { kind, mode, uid, gid, mtime } = entry;
    const time = mtime.seconds === old.mtime.seconds ? 'old' : 'new';
    const content =
      entry.kind === 'file'
        ? tar.toString('latin1', entry.content.offset, entry.content.offset + entry.content.size)
        : '';
    const target = 'target' in entry ? entry.target : '';
    found[entry.path.replace(/\/$/, '')] = [
      kind,
      kind === 'symlink' ? 0 : mode,
      uid,
      gid,
      content,
      target,
      kind === 'directory' ? '' : time,
    ];
  }
  return found;
}

interface Outcome {
  worked: boolean;
  files: Record<string, unknown>;
}

let cases = 0;

/** Each in a folder of its own, which it has twice. */
async function inBoth(
  act: (names: { folder: string; there: string }) => string[],
  keepOwners = false,
): Promise<{ mvm: Outcome; podman: Outcome }> {
  const name = `case-${++cases}`;
  const fixture = writeTar(there.map((entry) => ({ ...entry, path: entry.path.replace('.', name), uid: 0, gid: 0 })));
  const folders = { mvm: join(top, `${name}-mvm`), podman: join(top, `${name}-podman`) };
  makeHere(folders.mvm);
  makeHere(folders.podman);
  podman(['cp', '-', 'web:/'], fixture);
  await w.mvm(['cp', '-', 'web:/'], fixture);
  // podman's -a is docker's turned round: it is the default, and gives files to who the container runs as.
  const byPodman = podman([
    'cp',
    `--archive=${!keepOwners}`,
    ...act({ folder: folders.podman, there: `web:/${name}` }),
  ]);
  const byMvm = await w.mvm([
    'cp',
    '-q',
    `--archive=${keepOwners}`,
    ...act({ folder: folders.mvm, there: `web:/${name}` }),
  ]);
  return {
    podman: {
      worked: byPodman.status === 0,
      files: {
        ...described(execFileSync('tar', ['-c', '-C', containerRoot, name])),
        ...described(tarOf(folders.podman)),
      },
    },
    mvm: {
      worked: byMvm.code === 0,
      files: { ...described((await w.mvm(['cp', `web:/${name}`, '-'])).bytes), ...described(tarOf(folders.mvm)) },
    },
  };
}

const tarOf = (folder: string): Buffer => execFileSync('tar', ['-c', '-C', folder, '--transform', 's|^[.]|here|', '.']);

describe.skipIf(obstacle !== null)(
  `a copy means what it means to podman${obstacle ? ` (skipped: ${obstacle})` : ''}`,
  () => {
    it.each(
      share([
        ['file', 'new'],
        ['file', 'none/new'],
        ['file', 'file'],
        ['file', 'folder'],
        ['file', 'folder/'],
        ['file', 'tree/sub/f'],
        ['a b:c', 'folder'],
        ['tree', 'new'],
        ['tree', 'folder'],
        ['tree', 'folder/'],
        ['tree', 'file'],
        ['tree', 'none/new'],
        ['tree/', 'folder'],
        ['tree/.', 'folder'],
        ['tree/.', 'folder/.'],
        ['tree/.', 'new'],
        ['none', 'folder'],
      ] as const),
    )('in: %s to %s', async (from, to) => {
      const both = await inBoth(({ folder, there: machine }) => [`${folder}/${from}`, `${machine}/${to}`]);
      expect(both.mvm).toEqual(both.podman);
    });

    it('in with -a: owners stay', async () => {
      const both = await inBoth(({ folder, there: machine }) => [`${folder}/tree`, `${machine}/folder`], true);
      expect(both.mvm).toEqual(both.podman);
    });

    it.each(
      share([
        ['file', 'new'],
        ['file', 'none/new'],
        ['file', 'file'],
        ['file', 'folder'],
        ['file', 'folder/'],
        ['tree', 'new'],
        ['tree', 'folder'],
        ['tree', 'folder/'],
        ['tree', 'file'],
        ['tree', 'none/new'],
        ['tree/.', 'folder'],
        ['tree/.', 'new'],
        ['none', 'folder'],
      ] as const),
    )('out: %s to %s', async (from, to) => {
      const both = await inBoth(({ folder, there: machine }) => [`${machine}/${from}`, `${folder}/${to}`]);
      expect(both.mvm).toEqual(both.podman);
    });
  },
);
