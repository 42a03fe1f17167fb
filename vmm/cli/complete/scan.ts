/** How far a command line has come when it is to be completed. Pure, and never a failure: half a line is no mistake. */
import type { OptionSpec, OptionTable } from '../arguments.ts';

export interface Scanned {
  /** the option that the next word belongs to */
  pending: OptionSpec | null;
  /** the words that are no options */
  words: string[];
  /** options that stand there already */
  given: Set<string>;
  /** no option can follow */
  ended: boolean;
}

export function scan(args: readonly string[], table: OptionTable, endAtFirstWord: boolean): Scanned {
  const scanned: Scanned = { pending: null, words: [], given: new Set(), ended: false };
  for (const arg of args) {
    if (scanned.pending) scanned.pending = null;
    else if (scanned.ended) scanned.words.push(arg);
    else if (arg === '--') scanned.ended = true;
    else if (arg.startsWith('--')) takeLong(arg, table, scanned);
    else if (arg.startsWith('-') && arg !== '-') takeShort(arg, table, scanned);
    else {
      scanned.words.push(arg);
      scanned.ended = endAtFirstWord;
    }
  }
  return scanned;
}

function takeLong(arg: string, table: OptionTable, scanned: Scanned): void {
  const [name = '', value] = arg.slice(2).split('=', 2);
  const spec = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!spec) return;
  scanned.given.add(name);
  if (spec.kind !== 'flag' && value === undefined) scanned.pending = spec;
}

/** Switches in a row; one that takes a value has the rest of the word, or the next one. */
function takeShort(arg: string, table: OptionTable, scanned: Scanned): void {
  for (const [index, letter] of [...arg.slice(1)].entries()) {
    const found = Object.entries(table).find(([, { short }]) => short === letter);
    if (!found) return;
    const [name, spec] = found;
    scanned.given.add(name);
    if (spec.kind === 'flag') continue;
    if (index === arg.length - 2) scanned.pending = spec;
    return;
  }
}
