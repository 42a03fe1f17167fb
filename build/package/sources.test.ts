import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageSources } from './sources.ts';

const root = join(import.meta.dirname, '..', '..');

function ground(archiveNames: string[]) {
  const place = mkdtempSync(join(tmpdir(), 'mvm-sources-'));
  const [archives, out, list] = [join(place, 'archives'), join(place, 'out'), join(place, 'list.json')];
  for (const folder of [archives, out]) mkdirSync(folder);
  for (const name of archiveNames) writeFileSync(join(archives, name), name);
  writeFileSync(list, JSON.stringify([{ source: 'qemu' }, { source: 'busybox' }, { source: null }]));
  return { root, archives, out, list };
}

describe('the sources that licences ask for', () => {
  it('are the archives of all that is shipped, with the configurations and edits that built it', () => {
    const made = packageSources(
      ground(['qemu_10.0.2+ds.orig.tar.xz', 'busybox_1.35.0.orig.tar.bz2', 'busybox_1.35.0-4.debian.tar.xz']),
    );
    expect(made).toMatch(/mvm-\d+\.\d+\.\d+-sources\.tar$/);
    const names = execFileSync('tar', ['-tf', made], { encoding: 'utf8' });
    for (const name of [
      'archives/qemu_10.0.2+ds.orig.tar.xz',
      'archives/busybox_1.35.0.orig.tar.bz2',
      'archives/busybox_1.35.0-4.debian.tar.xz',
      'recipes/build/kernel/x86_64.config',
      'recipes/build/kernel/edits/LICENSE.md',
    ])
      expect(names).toContain(name);
  });

  it('lack nothing: what Debian changed in its packages belongs to them', () => {
    const lacking = ground(['qemu_10.0.2+ds.orig.tar.xz', 'busybox_1.35.0.orig.tar.bz2']);
    expect(() => packageSources(lacking)).toThrow('the source of busybox is not in');
  });
});
