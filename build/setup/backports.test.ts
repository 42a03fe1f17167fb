import { expect, test } from 'vitest';
import { backportsSource, sourceCodeSource, sourceCodeSources } from './backports.ts';

const list = (text: string) => ({ name: 'sources.list', text });
const sources = (text: string) => ({ name: 'debian.sources', text });

test("a one-line source gives its host and components, as debootstrap's only line does", () => {
  expect(backportsSource([list('deb http://mirror.example/debian bookworm main\n')], 'bookworm')).toEqual({
    name: 'mvm-backports.list',
    text: 'deb http://mirror.example/debian bookworm-backports main\n',
  });
});

test('options of a one-line source stay, a remark after it goes', () => {
  const line =
    'deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://mirror.example/debian bookworm main contrib # ours';
  expect(backportsSource([list(`# deb http://old bookworm main\n${line}\n`)], 'bookworm')).toEqual({
    name: 'mvm-backports.list',
    text: 'deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://mirror.example/debian bookworm-backports main contrib\n',
  });
});

test('a deb822 source keeps its key, also one written out over many lines', () => {
  const text = [
    '# a snapshot',
    'Types: deb deb-src',
    'URIs: http://mirror.example/debian',
    'Suites: bookworm bookworm-updates',
    'Components: main',
    'Signed-By:',
    ' -----BEGIN PGP PUBLIC KEY BLOCK-----',
    ' .',
    ' mQINBF',
    '',
    'Types: deb',
    'URIs: http://mirror.example/debian-security',
    'Suites: bookworm-security',
    'Components: main',
  ].join('\n');
  expect(backportsSource([sources(text)], 'bookworm')).toEqual({
    name: 'mvm-backports.sources',
    text: [
      'Types: deb',
      'URIs: http://mirror.example/debian',
      'Components: main',
      'Signed-By:',
      ' -----BEGIN PGP PUBLIC KEY BLOCK-----',
      ' .',
      ' mQINBF',
      'Suites: bookworm-backports',
      '',
    ].join('\n'),
  });
});

test('backports that are configured already, in either form, are left alone', () => {
  const release = list('deb http://mirror.example/debian bookworm main');
  const inList = list('deb http://mirror.example/debian bookworm-backports main');
  const inSources = sources('Types: deb\nURIs: http://m\nSuites: bookworm bookworm-backports\nComponents: main\n');
  expect(backportsSource([release, inList], 'bookworm')).toBe('already there');
  expect(backportsSource([release, inSources], 'bookworm')).toBe('already there');
});

test('a disabled or source-only entry does not count', () => {
  const off = sources(
    'Enabled: no\nTypes: deb\nURIs: http://off\nSuites: bookworm bookworm-backports\nComponents: main\n',
  );
  const source = list('deb-src http://src.example/debian bookworm main');
  expect(() => backportsSource([off, source], 'bookworm')).toThrow('no source of Debian bookworm');
});

test('source code comes from the suite itself where apt has it, else from where the release comes from', () => {
  const release = list('deb [arch=amd64] http://mirror.example/debian bookworm main\n');
  const backports = list('deb http://other.example/debian bookworm-backports main\n');
  expect(sourceCodeSource([release], 'bookworm', 'bookworm').text).toBe(
    'deb-src [arch=amd64] http://mirror.example/debian bookworm main\n',
  );
  expect(sourceCodeSource([release], 'bookworm', 'bookworm-backports').text).toBe(
    'deb-src [arch=amd64] http://mirror.example/debian bookworm-backports main\n',
  );
  expect(sourceCodeSource([release, backports], 'bookworm', 'bookworm-backports').text).toBe(
    'deb-src http://other.example/debian bookworm-backports main\n',
  );
});

test('source code of any version comes from every suite of the release, and of no other', () => {
  const text = 'Types: deb\nURIs: http://m\nSuites: bookworm bookworm-updates\nComponents: main\n';
  const tools = 'Types: deb\nURIs: http://tools\nSuites: nodistro\nComponents: main\n';
  const security = list('deb http://m/security bookworm-security main\ndeb http://m trixie main\n');
  expect(sourceCodeSources([sources(`${text}\n${tools}`), security], 'bookworm')).toEqual([
    {
      name: 'mvm-backports.sources',
      text: ['bookworm', 'bookworm-updates']
        .map((suite) => `Types: deb-src\nURIs: http://m\nComponents: main\nSuites: ${suite}\n`)
        .join('\n'),
    },
    { name: 'mvm-backports.list', text: 'deb-src http://m/security bookworm-security main\n' },
  ]);
});
