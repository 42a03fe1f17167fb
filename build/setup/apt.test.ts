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
    'apt-get install -y --no-install-recommends -t bookworm-backports gcc qemu-system-x86',
  ]);
});

test('on a newer release everything comes from the release itself', () => {
  expect(planInstall([gcc, qemu], 'trixie', debian('trixie'))).toEqual({
    source: null,
    install: ['install', '-y', '--no-install-recommends', 'gcc', 'qemu-system-x86'],
  });
});

test('no source is added for packages that need no backports, but backports in use stay in use', () => {
  const install = ['install', '-y', '--no-install-recommends'];
  expect(planInstall([gcc], 'bookworm', debian('bookworm'))).toEqual({ source: null, install: [...install, 'gcc'] });
  expect(planInstall([gcc], 'bookworm', [...debian('bookworm'), ...debian('bookworm-backports')])).toEqual({
    source: null,
    install: [...install, '-t', 'bookworm-backports', 'gcc'],
  });
});
