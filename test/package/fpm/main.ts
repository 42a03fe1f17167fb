/**
 * In place of fpm, which electron-builder downloads: takes the options that it is called with for a .deb, no others, and
 * has dpkg-deb build that. As there, SOURCE=PLACE is what `rsync -a` makes of it (lib/fpm/package/dir.rb).
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const text = { type: 'string', default: '' } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    s: { ...text, short: 's' },
    t: { ...text, short: 't' },
    force: { type: 'boolean' },
    d: { type: 'string', short: 'd', multiple: true, default: [] },
    'deb-recommends': text,
    'deb-compression': text,
    'deb-priority': text,
    architecture: text,
    'after-install': text,
    'after-remove': text,
    description: text,
    version: text,
    package: text,
    name: text,
    maintainer: text,
    vendor: text,
    url: text,
    license: text,
  },
});
if (values.s !== 'dir' || values.t !== 'deb') throw new Error('only a .deb, from folders');

const staging = mkdtempSync(join(tmpdir(), 'mvm-deb-'));
for (const mapping of positionals) {
  const [source = '', place = ''] = mapping.split('=', 2);
  const target = join(staging, place);
  mkdirSync(source.endsWith('/') ? target : dirname(target), { recursive: true });
  execFileSync('cp', ['-a', source.endsWith('/') ? `${source}.` : source, target]);
}
const control = join(staging, 'DEBIAN');
mkdirSync(control);
for (const [script, file] of [
  ['postinst', values['after-install']],
  ['postrm', values['after-remove']],
] as const) {
  copyFileSync(file, join(control, script));
  chmodSync(join(control, script), 0o755);
}
const fields = {
  Package: values.name,
  Version: values.version,
  Architecture: values.architecture,
  Maintainer: values.maintainer,
  Depends: values.d.join(', '),
  Recommends: values['deb-recommends'],
  Priority: values['deb-priority'],
  Homepage: values.url,
  Description: values.description,
};
const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`);
writeFileSync(join(control, 'control'), lines.join(''));
execFileSync('dpkg-deb', ['--build', '--root-owner-group', '-Zgzip', '-z1', staging, values.package]);
rmSync(staging, { recursive: true });
