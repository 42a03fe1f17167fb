/**
 * What a terminal's program printed before, shown again: without the questions in it. The terminal would answer them
 * once more, and the answers would be typed into the program.
 */
import { type Attached, type OutputChannel, STDOUT } from '../contract/stream.ts';

/** Device attributes, status, cursor, colours, settings, names of keys: as xterm's control sequences have them. */
const QUESTIONS = new RegExp(
  [
    // CSI … c, n, x, t of reports; CSI > q; CSI ? … u; CSI … $ p
    '\\x1b\\[[0-9;?>=]*[cnx]',
    '\\x1b\\[>[0-9;]*q',
    '\\x1b\\[\\?u',
    '\\x1b\\[\\??[0-9;]*\\$p',
    '\\x1b\\[(?:1[1-9]|2[01])(?:;[0-9;]*)?t',
    // OSC … ; ? ends with BEL or ST
    '\\x1b\\][0-9;]*;\\?(?:\\x07|\\x1b\\\\)',
    // DCS + q, DCS $ q
    '\\x1bP[+$]q[^\\x1b]*\\x1b\\\\',
    // ENQ
    '\\x05',
  ].join('|'),
  'g',
);

/** The beginning of a question that may go on in the next bytes: none is longer. */
const UNFINISHED = new RegExp(
  ['\\x1b(?:\\[[0-9;?>=$]{0,32}', '\\][0-9;?]{0,32}', 'P[+$]?q?[^\\x1b]{0,256})?$'].join('|'),
);

export class Replay {
  /** bytes of the scrollback that are still to come */
  #left = 0;
  #held = '';

  begin({ stdout, recorded }: Attached): void {
    this.#left = recorded.stdout - stdout;
  }

  take(channel: OutputChannel, bytes: Buffer): Buffer {
    if (channel !== STDOUT || this.#left <= 0) return bytes;
    const old = bytes.subarray(0, this.#left);
    this.#left -= old.length;
    // latin1 has a character for every byte and back.
    const text = (this.#held + old.toString('latin1')).replace(QUESTIONS, '');
    const rest = this.#left > 0 ? (UNFINISHED.exec(text)?.index ?? text.length) : text.length;
    this.#held = text.slice(rest);
    return Buffer.concat([Buffer.from(text.slice(0, rest), 'latin1'), bytes.subarray(old.length)]);
  }
}
