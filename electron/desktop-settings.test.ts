import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkChange, keep, readKept } from './desktop-settings.ts';

const file = (): string => join(mkdtempSync(join(tmpdir(), 'mvm-settings-')), 'settings.json');

describe("the app's settings", () => {
  it('are what was kept, and the defaults where that does not fit', () => {
    const path = file();
    expect(readKept(path)).toEqual({ theme: 'system', launcherKeys: '', updates: null });
    keep(path, { theme: 'dark', launcherKeys: 'Control+Alt+Space', updates: 'stable' });
    expect(readKept(path)).toEqual({ theme: 'dark', launcherKeys: 'Control+Alt+Space', updates: 'stable' });
    writeFileSync(path, '{"theme":"pink","launcherKeys":5,"updates":"preview","more":1}');
    expect(readKept(path)).toEqual({ theme: 'system', launcherKeys: '', updates: 'preview' });
    writeFileSync(path, '{"theme":"da');
    expect(readKept(path).theme).toBe('system');
  });

  it.each(['Control+Alt+Space', 'Super+Shift+F5', 'CommandOrControl+K', ''])('take the keys %j', (launcherKeys) => {
    expect(checkChange({ launcherKeys })).toEqual({ launcherKeys });
  });

  it.each([
    ['ctrl + alt + space', 'Control+Alt+Space'],
    ['Ctrl Shift k', 'Control+Shift+K'],
    ['cmd+f5', 'Command+F5'],
  ])('take %j as people write it, and keep %j', (written, launcherKeys) => {
    expect(checkChange({ launcherKeys: written })).toEqual({ launcherKeys });
  });

  it.each(['a', 'A', 'Shift+A', 'Space', 'Control', 'Control+Control+A', 'Hyper+A', 'Control+A+B', 'Control+'])(
    'refuse the keys %j, which would be in the way of typing or are none',
    (launcherKeys) => {
      expect(() => checkChange({ launcherKeys })).toThrow('no keys for the launcher');
    },
  );

  it.each<unknown>([null, 'x', { theme: 1 }, { updates: 'nightly' }, { toString: true }, { unknown: 1 }])(
    'refuse the change %j',
    (change) => {
      expect(() => checkChange(change)).toThrow();
    },
  );
});
