/** The two sides of `mvm cp`, told apart as docker does. */
import { MvmError } from '../contract/errors.ts';

export type Side = { machine: string; path: string } | { machine: null; path: string };

export type Copy =
  | { way: 'in'; from: string; machine: string; path: string }
  | { way: 'out'; machine: string; path: string; to: string };

/** What stands for stdin or stdout. */
export const PIPE = '-';

export function copyBetween(source: string, destination: string): Copy {
  const [from, to] = [readSide(source), readSide(destination)];
  if (from.machine !== null && to.machine !== null)
    throw new MvmError('usage', 'mvm cp does not copy from one machine to another', {
      hint: `Through a pipe: mvm cp ${source} - | mvm cp - ${to.machine}:FOLDER`,
    });
  if (from.machine !== null) return { way: 'out', machine: from.machine, path: from.path, to: to.path };
  if (to.machine !== null) return { way: 'in', from: from.path, machine: to.machine, path: to.path };
  throw new MvmError('usage', 'mvm cp copies to or from a machine, and neither path names one', {
    hint: 'For example web:/etc/hosts.',
  });
}

/** A path that is absolute or begins with a dot is here, whatever colons are in it. */
function readSide(word: string): Side {
  const colon = word.indexOf(':');
  if (colon <= 0 || /^[./]/.test(word)) return { machine: null, path: word };
  const path = word.slice(colon + 1);
  if (path !== '') return { machine: word.slice(0, colon), path };
  throw new MvmError('usage', `'${word}' names no path in the machine`, { hint: `For example ${word}/etc/hosts.` });
}
