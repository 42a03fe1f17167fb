/** What the machine's side of a copy says on stderr: lines of JSON, from a guest, so that anything may come. */
import { MvmError } from '../../contract/errors.ts';
import { printable } from '../../contract/printable.ts';
import type { Tally } from './tally.ts';

/** A name of 4 KiB and why, with every byte escaped. */
const LONGEST_LINE = 32 * 1024;
const LONGEST_MESSAGE = 1000;

/** Files that were left out go to the tally; what is worse is kept. */
export class GuestWords {
  readonly #tally: Tally;
  #line = '';
  /** the last one that is about more than one file */
  worst: MvmError | null = null;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  hear(bytes: Buffer): void {
    const lines = (this.#line + bytes.toString('latin1')).split('\n');
    this.#line = (lines.pop() ?? '').slice(0, LONGEST_LINE);
    for (const line of lines) this.#read(line);
  }

  #read(line: string): void {
    const { code, message } = parse(line);
    if (code === 'copy.left-out') this.#tally.leaveOut(message);
    else this.worst = new MvmError(code, message);
  }
}

function parse(line: string): { code: string; message: string } {
  try {
    const said = JSON.parse(Buffer.from(line, 'latin1').toString('utf8')) as { code?: unknown; message?: unknown };
    const code = typeof said.code === 'string' && /^[a-z][a-z.-]{0,40}$/.test(said.code) ? said.code : 'copy.failed';
    return { code, message: printable(String(said.message).slice(0, LONGEST_MESSAGE)) };
  } catch {
    // Not JSON: a panic of its Go runtime, for example, is worth reading as it is.
    return { code: 'copy.failed', message: printable(line.slice(0, LONGEST_MESSAGE)) };
  }
}
