import { describe, expect, it } from 'vitest';
import type { FolderEntry } from '../../vmm/contract/files.ts';
import {
  changedText,
  cleanPath,
  copyInWords,
  copyOutWords,
  kindWord,
  modeText,
  shownName,
  wayTo,
} from './file-words.ts';

describe('a path in a guest', () => {
  it.each([
    ['', '/'],
    ['/', '/'],
    ['etc', '/etc'],
    ['/etc//nginx/./', '/etc/nginx'],
    ['/../../a/b/..', '/a'],
    ['/...', '/...'],
  ])('%j is %s', (path, clean) => expect(cleanPath(path)).toBe(clean));

  it('has a way to it, folder by folder', () => {
    expect(wayTo('/')).toEqual([]);
    expect(wayTo('/etc/nginx')).toEqual([
      { name: 'etc', path: '/etc' },
      { name: 'nginx', path: '/etc/nginx' },
    ]);
  });

  it('is copied by a line that a shell takes as it is meant', () => {
    expect(copyOutWords('web', '/a b').join(' ')).toBe("mvm cp 'web:/a b' .");
    expect(copyOutWords('web', '/bin/sh', true).join(' ')).toBe('mvm cp -L web:/bin/sh .');
    expect(copyInWords('web', '/', '-a:b').join(' ')).toBe('mvm cp ./-a:b web:/');
    expect(copyInWords('web', '/', "it's").join(' ')).toBe("mvm cp 'it'\\''s' web:/");
    expect(copyInWords('web', '/srv', 'x').join(' ')).toBe('mvm cp x web:/srv/');
  });
});

it.each([
  ['plain é', 'plain é'],
  ['a\nb\x1b[2J', 'a\\x0ab\\x1b[2J'],
  ['gpj.\u202etxt', 'gpj.\\u202etxt'],
])('a name %j is shown on one line, and as no other', (name, shown) => expect(shownName(name)).toBe(shown));

it.each([
  [0o755, 'rwxr-xr-x'],
  [0o4755, 'rwsr-xr-x'],
  [0o2640, 'rw-r-S---'],
  [0o1777, 'rwxrwxrwt'],
  [0, '---------'],
])('mode %o reads %s', (mode, text) => expect(modeText(mode)).toBe(text));

it('a time that is long past is a day', () => {
  const now = Date.UTC(2026, 10, 26);
  expect(changedText(now - 5 * 60_000, now)).toBe('5 min ago');
  expect(changedText(Date.UTC(2024, 1, 3, 12), now)).toBe('Feb 3, 2024');
  expect(changedText(Date.UTC(1969, 5, 1, 12), now)).toBe('Jun 1, 1969');
});

it('a link says what it leads to', () => {
  const link = (leadsTo: FolderEntry['leadsTo']) => kindWord({ kind: 'link', leadsTo } as FolderEntry);
  expect([link('folder'), link(null)]).toEqual(['Link to a folder', 'Link that leads nowhere']);
});
