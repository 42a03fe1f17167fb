/** Cuts a stream of bytes into lines of bounded length. */
export class LineReader {
  readonly #limit: number;
  readonly #onLine: (line: string) => void;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(limit: number, onLine: (line: string) => void) {
    this.#limit = limit;
    this.#onLine = onLine;
  }

  /** False once a line is longer than the limit. */
  push(bytes: Buffer): boolean {
    let rest = bytes;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      if (!this.#keep(rest.subarray(0, end))) return false;
      this.#finish();
      rest = rest.subarray(end + 1);
    }
    return this.#keep(rest);
  }

  #keep(bytes: Buffer): boolean {
    this.#length += bytes.length;
    if (this.#length > this.#limit) return false;
    if (bytes.length > 0) this.#parts.push(bytes);
    return true;
  }

  #finish(): void {
    const line = Buffer.concat(this.#parts).toString('utf8').trim();
    this.#parts = [];
    this.#length = 0;
    if (line !== '') this.#onLine(line);
  }
}
