import { describe, expect, it } from 'vitest';
import { addressOf, readAddress } from './route.svelte.ts';

describe('an address of the window', () => {
  it.each(['#/machines/a b%2F/logs', '#/settings/doctor', '#/images', '#/machines/web/files/%2Fa b%2Fc%2525'])(
    '%s leads back to itself',
    (hash) => {
      const where = readAddress(hash);
      expect(decodeURIComponent(addressOf(where))).toBe(decodeURIComponent(hash));
    },
  );

  it.each(['', '#', '#/nowhere', '#/../../etc', '#/%E0%A4%A', '#/machines'])('%s shows the machines', (hash) => {
    expect(readAddress(hash)).toMatchObject({ place: 'machines', item: null });
  });

  it('with a part that a machine does not have shows its overview', () => {
    expect(readAddress('#/machines/web/secrets')).toEqual({
      place: 'machines',
      item: 'web',
      tab: 'overview',
      path: null,
    });
  });
});
