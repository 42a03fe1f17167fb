import { describe, expect, it } from 'vitest';
import { isOlder } from './version.ts';

const mine = { entry: '/app/service.mjs', builtAt: 2000 };

describe('a running service', () => {
  it.each([
    ['0.9.9', '0.10.0', true],
    ['0.10.0', '0.9.9', false],
    ['1.2', '1.2.1', true],
    ['1.0.0', '1.0.0', false],
    ['from source', 'from source', false],
    ['from source', '0.1.0', false],
    ['0.1.0', 'from source', false],
  ])('of version %s is older than %s: %s', (running, version, older) => {
    expect(isOlder({ version: running, entry: '/elsewhere', builtAt: 1000 }, mine, version)).toBe(older);
  });

  it('of the same version is older when its own program was built again', () => {
    expect(isOlder({ version: '1.0.0', entry: mine.entry, builtAt: 1000 }, mine, '1.0.0')).toBe(true);
    expect(isOlder({ version: '1.0.0', entry: mine.entry, builtAt: 2000 }, mine, '1.0.0')).toBe(false);
  });
});
