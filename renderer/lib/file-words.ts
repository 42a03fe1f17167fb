/** Paths and names of a guest's files: what they come to, and how they are shown. */
import { shellQuoted } from '../../vmm/contract/command-line.ts';
import type { FileKind, FolderEntry } from '../../vmm/contract/files.ts';
import { ago } from './words.ts';

/** From the root, without `.`, `..` and doubled slashes. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

export const joinPath = (folder: string, name: string): string => (folder === '/' ? `/${name}` : `${folder}/${name}`);

export const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

/** Every folder on the way to a path, the root first. */
export function wayTo(path: string): { name: string; path: string }[] {
  const parts = path.split('/').filter(Boolean);
  return parts.map((name, index) => ({ name, path: `/${parts.slice(0, index + 1).join('/')}` }));
}

/**
 * A name on one line: control characters, and those that turn the direction of what follows, as `\x1b` and `\u202e`,
 * so that no name looks like another one.
 */
export const shownName = (name: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  name.replace(/[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });

export const isFolder = ({ kind, leadsTo }: FolderEntry): boolean => (leadsTo ?? kind) === 'folder';

export const kindWord = ({ kind, leadsTo }: FolderEntry): string =>
  kind !== 'link'
    ? WORDS[kind]
    : leadsTo === null
      ? 'Link that leads nowhere'
      : `Link to a ${WORDS[leadsTo].toLowerCase()}`;

const WORDS: Record<FileKind, string> = {
  file: 'File',
  folder: 'Folder',
  link: 'Link',
  device: 'Device',
  socket: 'Socket',
  fifo: 'Named pipe',
};

/** As ls has it: `rwxr-sr-t`. */
export function modeText(mode: number): string {
  const letters = [...'rwxrwxrwx'].map((letter, index) => (mode & (0o400 >> index) ? letter : '-'));
  const special: [number, number, string][] = [
    [0o4000, 2, 's'],
    [0o2000, 5, 's'],
    [0o1000, 8, 't'],
  ];
  for (const [bit, at, letter] of special)
    if (mode & bit) letters[at] = letters[at] === 'x' ? letter : letter.toUpperCase();
  return letters.join('');
}

/** By their numbers, for the names stand in a file of the guest. */
export const ownerText = (uid: number, gid: number): string => (uid === 0 && gid === 0 ? 'root' : `${uid}:${gid}`);

const MONTH = 30 * 24 * 3_600_000;

/** How long ago, and of what is older the day. */
export function changedText(at: number, now: number): string {
  if (now - at < MONTH && at - now < MONTH) return ago(now - at);
  return new Date(at).toLocaleDateString('en', { day: 'numeric', month: 'short', year: 'numeric' });
}

/** `mvm cp` of it into the folder of who types that, as saving it does: of a link what it leads to. */
export const copyOutWords = (machine: string, path: string, isLink = false): string[] =>
  ['mvm', 'cp', ...(isLink ? ['-L'] : []), `${machine}:${path}`, '.'].map(shellQuoted);

/** A name with a colon would be taken for one in a machine, and one with a dash for an option. */
export const copyInWords = (machine: string, folder: string, file: string): string[] =>
  ['mvm', 'cp', /:|^-/.test(file) ? `./${file}` : file, `${machine}:${joinPath(folder, '')}`].map(shellQuoted);
