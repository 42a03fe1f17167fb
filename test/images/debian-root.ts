/** A real Debian root, made by debootstrap from the mirror that this host's apt uses, as a docker-archive in the cache. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { cached } from '../../build/cached.ts';

const CACHE = process.env.MVM_CACHE || join(homedir(), '.cache', 'mvm');
const DEBOOTSTRAP = '/usr/sbin/debootstrap';

export interface Mirror {
  uri: string;
  codename: string;
}

/** Null when apt knows no Debian. */
export function findMirror(): Mirror | null {
  const format = '$(REPO_URI) $(CODENAME) $(ORIGIN) $(COMPONENT)';
  const { stdout } = spawnSync('apt-get', ['indextargets', '--format', format], { encoding: 'utf8' });
  const lines = (stdout ?? '').split('\n').map((line) => line.split(' '));
  const found = lines.find(
    ([, codename, ...rest]) => /^[a-z]+$/.test(codename ?? '') && rest.join(' ') === 'Debian main',
  );
  return found ? { uri: found[0] as string, codename: found[1] as string } : null;
}

/** Why it cannot be made here; null when it can. */
export function whyNoDebian(mirror: Mirror | null): string | null {
  if (mirror === null) return 'apt names no mirror of Debian here';
  if (!existsSync(DEBOOTSTRAP)) return 'debootstrap is not installed';
  return process.getuid?.() === 0 ? null : 'debootstrap needs root';
}

/** Path of the archive, which is compressed as `docker save | gzip` would do it. */
export async function debianArchive({ uri, codename }: Mirror): Promise<string> {
  const inputs = { codename, variant: 'minbase', recipe: sha256(readFileSync(import.meta.filename)) };
  const { folder } = await cached({
    cache: CACHE,
    name: 'test-debian-minbase',
    inputs,
    build: async ({ result, work }) => {
      const root = join(work, 'root');
      // What it prints comes to light when it fails.
      execFileSync(DEBOOTSTRAP, ['--variant=minbase', codename, root, uri], { stdio: 'pipe', maxBuffer: 1 << 26 });
      await rm(join(root, 'var', 'cache', 'apt', 'archives'), { recursive: true });
      await pack(work, join(result, FILE));
    },
  });
  return join(folder, FILE);
}

const FILE = 'debian.tar.gz';

/** The root as the only layer. */
async function pack(work: string, out: string): Promise<void> {
  const layer = join(work, 'layer.tar');
  const faithful = ['--numeric-owner', '--xattrs', '--xattrs-include=*', '--one-file-system', '--sort=name'];
  execFileSync('tar', [...faithful, '-C', join(work, 'root'), '-cf', layer, '.']);
  const rootfs = { type: 'layers', diff_ids: [`sha256:${sha256(readFileSync(layer))}`] };
  const config = JSON.stringify({ os: 'linux', architecture: 'amd64', config: { Cmd: ['bash'] }, rootfs });
  const list = [{ Config: 'config.json', RepoTags: ['debian:minbase'], Layers: ['layer.tar'] }];
  writeFileSync(join(work, 'config.json'), config);
  writeFileSync(join(work, 'manifest.json'), JSON.stringify(list));
  const members = ['manifest.json', 'config.json', 'layer.tar'];
  execFileSync('tar', ['-C', work, '-I', 'gzip -1', '-cf', out, ...members]);
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
