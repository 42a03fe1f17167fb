/** Lines that are drawn again in place, on a terminal. */
export class LiveLines {
  readonly #stream: NodeJS.WriteStream;
  #drawn = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** Those that the terminal has no room for are left out: what has scrolled away cannot be drawn again. */
  draw(lines: string[]): void {
    const shown = lines.slice(0, Math.max(1, (this.#stream.rows || 24) - 1));
    const back = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : '';
    // To the left end, and whatever stands below goes.
    this.#stream.write(`${back}\r\x1b[J${shown.map((line) => `${line}\n`).join('')}`);
    this.#drawn = shown.length;
  }
}
