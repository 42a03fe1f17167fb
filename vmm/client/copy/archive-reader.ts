/** Reads an archive as its bytes come, in bounded memory whatever a guest sends. */
import { MvmError } from '../../contract/errors.ts';
import { type ArchiveEntry, BLOCK, decodeHeader, decodeRecords, fromBytes, paddingOf } from './archive.ts';

/** Told in order: an entry, its contents in pieces, its end. */
export interface ArchiveSink {
  entry(entry: ArchiveEntry): void;
  contents(bytes: Buffer): void;
  entryEnd(): void;
}

/** Records of one entry: a name through folders of folders, and a link's target of 4 KiB. */
const MOST_RECORDS = 256 * 1024;

type Expected = 'header' | 'records' | 'contents' | 'padding' | 'nothing';

export class ArchiveReader {
  readonly #sink: ArchiveSink;
  #expected: Expected = 'header';
  /** bytes until what is expected is whole */
  #left = BLOCK;
  /** what is there of a header or of records */
  #parts: Buffer[] = [];
  #padding = 0;
  #records: ReadonlyMap<string, string> = new Map();

  constructor(sink: ArchiveSink) {
    this.#sink = sink;
  }

  /** The archive's end has come. */
  get whole(): boolean {
    return this.#expected === 'nothing';
  }

  /** @throws MvmError `copy.garbled`, and whatever the sink throws */
  push(bytes: Buffer): void {
    for (let rest = bytes; rest.length > 0; ) {
      const piece = rest.subarray(0, this.#left);
      rest = rest.subarray(piece.length);
      this.#left -= piece.length;
      this.#take(piece);
      while (this.#left === 0) this.#next();
    }
  }

  #take(piece: Buffer): void {
    if (this.#expected === 'contents') this.#sink.contents(piece);
    else if (this.#expected === 'header' || this.#expected === 'records') this.#parts.push(piece);
    else if (this.#expected === 'nothing' && piece.some((byte) => byte !== 0)) throw garbled('more follows its end');
  }

  /** What was expected is whole. */
  #next(): void {
    const whole = Buffer.concat(this.#parts);
    this.#parts = [];
    switch (this.#expected) {
      case 'header':
        this.#header(whole);
        break;
      case 'records':
        this.#records = readRecords(whole);
        this.#expect('padding', this.#padding);
        break;
      case 'contents':
        this.#sink.entryEnd();
        this.#expect('padding', this.#padding);
        break;
      case 'padding':
      case 'nothing':
        this.#expect('header', BLOCK);
        break;
      default:
        this.#expected satisfies never;
    }
  }

  #header(block: Buffer): void {
    const header = decodeHeader(block, this.#records);
    if (!header) throw garbled('it holds a header that is none');
    switch (header.is) {
      case 'end':
        this.#expect('nothing', Number.POSITIVE_INFINITY);
        break;
      case 'records':
        if (header.size === 0 || header.size > MOST_RECORDS) throw garbled('it holds a name longer than any');
        this.#padding = paddingOf(header.size);
        this.#expect('records', header.size);
        break;
      case 'entry':
        this.#records = new Map();
        this.#sink.entry(header.entry);
        this.#padding = paddingOf(header.entry.size);
        this.#expect('contents', header.entry.size);
        break;
      default:
        header satisfies never;
    }
  }

  #expect(what: Expected, bytes: number): void {
    this.#expected = what;
    this.#left = bytes;
  }
}

function readRecords(whole: Buffer): ReadonlyMap<string, string> {
  const records = decodeRecords(fromBytes(whole));
  if (!records) throw garbled('its records cannot be told apart');
  return records;
}

const garbled = (what: string): MvmError =>
  new MvmError('copy.garbled', `what the machine sent is no copy: ${what}`, {
    hint: 'Its programs may have tampered with it; trust nothing that came from it.',
  });
