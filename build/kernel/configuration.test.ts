import { expect, test } from 'vitest';
import { differences } from './configuration.ts';

test('finds nothing when every wanted line holds', () => {
  const complete = 'CONFIG_SMP=y\nCONFIG_LOCALVERSION="-mvm"\n# CONFIG_VT is not set\nCONFIG_NET=y\n';
  expect(differences('CONFIG_SMP=y\nCONFIG_LOCALVERSION="-mvm"\n# CONFIG_VT is not set\n', complete)).toEqual([]);
});

test('takes an option that the kernel does not offer for unset', () => {
  expect(differences('# CONFIG_ACPI_THING is not set\n', 'CONFIG_SMP=y\n')).toEqual([]);
});

test('names what was dropped, switched on or changed', () => {
  const complete = 'CONFIG_VT=y\nCONFIG_HZ=250\n';
  expect(differences('CONFIG_FILE_LOCKING=y\n# CONFIG_VT is not set\nCONFIG_HZ=100\n', complete)).toEqual([
    'CONFIG_FILE_LOCKING is n, not y',
    'CONFIG_VT is y, not n',
    'CONFIG_HZ is 250, not 100',
  ]);
});
