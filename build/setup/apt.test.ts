import { expect, test } from 'vitest';
import { asLines, planInstall } from './apt.ts';
import type { Package } from './packages.ts';

const qemu: Package = { name: 'qemu-system-x86', there: { command: 'qemu' }, backportsOf: 'bookworm' };
const gcc: Package = { name: 'gcc', there: { command: 'gcc' } };
const debian = (release: string) => [
  { name: 'sources.list', text: `deb http://mirror.example/debian ${release} main\n` },
];

test('on bookworm, what is too old there comes from its backports, whose source is added', () => {
  expect(asLines(planInstall([gcc, qemu], 'bookworm', debian('bookworm')))).toEqual([
    "printf '%s\\n' 'deb http://mirror.example/debian bookworm-backports main' > /etc/apt/sources.list.d/mvm-backports.list",
    'apt-get update',
    'apt-get install -y --no-install-recommends -t bookworm-backports qemu-system-x86',
    'apt-get install -y --no-install-recommends gcc',
  ]);
});

test('on a newer release everything comes from the release itself', () => {
  expect(planInstall([gcc, qemu], 'trixie', debian('trixie'))).toEqual({
    source: null,
    installs: [['install', '-y', '--no-install-recommends', 'gcc', 'qemu-system-x86']],
  });
});

test('no source is added for packages that need no backports', () => {
  expect(planInstall([gcc], 'bookworm', debian('bookworm')).source).toBeNull();
});
