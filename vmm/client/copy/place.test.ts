import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { choosePlace } from './place.ts';

describe('a copy to a path of this host', () => {
  let top = '';
  beforeAll(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), 'mvm-place-')));
    mkdirSync(join(top, 'folder'));
    writeFileSync(join(top, 'file'), '');
    symlinkSync('folder', join(top, 'to-folder'));
    symlinkSync('folder/../file', join(top, 'to-file'));
    symlinkSync('nothing', join(top, 'to-nothing'));
  });
  afterAll(() => rmSync(top, { recursive: true }));

  it.each([
    ['folder', 'file', 'folder', null],
    ['folder/', 'folder', 'folder', null],
    ['folder/.', 'folder', 'folder', null],
    ['to-folder', 'file', 'to-folder', null],
    ['file', 'file', '', 'file'],
    ['to-file', 'file', '', 'file'],
    ['new', 'file', '', 'new'],
    ['new', 'folder', '', 'new'],
    ['new/', 'folder', '', 'new'],
    ['folder/new', 'file', 'folder', 'new'],
    ['to-folder/new', 'file', 'folder', 'new'],
  ])('%s, of a %s, goes where docker puts it', (to, what, folder, name) => {
    expect(choosePlace(join(top, to) + (to.endsWith('.') ? '/.' : ''), what === 'folder')).toEqual({
      folder: join(top, folder, to === 'folder/.' ? '' : '').replace(/\/$/, ''),
      name,
    });
  });

  it.each([
    ['new/', 'file', 'copy.not-found'],
    ['none/new', 'file', 'copy.not-found'],
    ['none/new', 'folder', 'copy.not-found'],
    ['file', 'folder', 'copy.no-folder'],
    ['file/', 'file', 'copy.no-folder'],
    ['file/new', 'file', 'copy.failed'],
    ['to-nothing', 'file', 'copy.not-found'],
  ])('%s, of a %s, is refused with %s', (to, what, code) => {
    expect(() => choosePlace(join(top, to), what === 'folder')).toThrow(expect.objectContaining({ code }));
  });

  it('that is a device is refused', () => {
    expect(() => choosePlace('/dev/null', false)).toThrow(expect.objectContaining({ code: 'copy.no-file' }));
  });
});
