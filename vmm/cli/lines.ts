/** Lines out of pieces that know nothing of lines, each channel's by itself. */
import { StringDecoder } from 'node:string_decoder';
import type { OutputChannel } from '../contract/stream.ts';

export interface Line {
  channel: OutputChannel;
  /** when its first piece was printed */
  at: number | null;
  /** without its newline; what is no UTF-8 is U+FFFD */
  text: string;
}

/** Characters; what has no newline for so long is a line by itself. */
const LONGEST = 256 * 1024;

interface Begun {
  decoder: StringDecoder;
  text: string;
  at: number | null;
}

export class LineReader {
  readonly #begun = new Map<OutputChannel, Begun>();

  push(channel: OutputChannel, bytes: Buffer, at: number | null): Line[] {
    const begun = this.#begun.get(channel) ?? { decoder: new StringDecoder('utf8'), text: '', at };
    this.#begun.set(channel, begun);
    if (begun.text === '') begun.at = at;
    const [first = '', ...rest] = begun.decoder.write(bytes).split('\n');
    const whole: Line[] = [];
    begun.text += first;
    for (const next of rest) {
      whole.push({ channel, at: begun.at, text: begun.text });
      Object.assign(begun, { text: next, at });
    }
    if (begun.text.length < LONGEST) return whole;
    whole.push({ channel, at: begun.at, text: begun.text });
    begun.text = '';
    return whole;
  }

  /** What did not end with a newline. */
  end(): Line[] {
    return [...this.#begun].flatMap(([channel, { decoder, text, at }]) => {
      const last = text + decoder.end();
      return last === '' ? [] : [{ channel, at, text: last }];
    });
  }
}
