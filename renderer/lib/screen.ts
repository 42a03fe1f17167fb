/** A terminal's screen: xterm.js in an element of ours, as large as it, in the colours of the theme. */
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { WebglAddon } from '@xterm/addon-webgl';
import { type ITheme, Terminal } from '@xterm/xterm';
import type { TerminalSize } from '../../vmm/contract/types.ts';

export interface ScreenOptions {
  label: string;
  /** lines kept above the screen */
  scrollback: number;
  /** what is shown is a recording: nobody types, and a line feed begins a line */
  readOnly?: boolean;
  onInput?(bytes: Uint8Array): void;
  onResize?(size: TerminalSize): void;
}

/** Fits a burst of resizes into one, ms: each is a signal to the guest's program. */
const SETTLED_MS = 60;

export class Screen {
  readonly terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #search = new SearchAddon();
  readonly #host: HTMLElement;
  readonly #observer: ResizeObserver;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: HTMLElement, options: ScreenOptions) {
    const style = getComputedStyle(host);
    this.#host = host;
    this.terminal = new Terminal({
      allowProposedApi: true,
      convertEol: options.readOnly ?? false,
      cursorBlink: false,
      cursorInactiveStyle: options.readOnly ? 'none' : 'outline',
      disableStdin: options.readOnly ?? false,
      fontFamily: style.getPropertyValue('--mono'),
      fontSize: 12,
      lineHeight: 1.25,
      scrollback: options.scrollback,
      theme: this.#theme(),
    });
    this.terminal.loadAddon(this.#fit);
    this.terminal.loadAddon(this.#search);
    this.terminal.open(host);
    this.terminal.textarea?.setAttribute('aria-label', options.label);
    this.#draw();
    this.#listen(options);
    this.#observer = new ResizeObserver(() => this.#settle());
    this.#observer.observe(host);
    this.fit();
  }

  get size(): TerminalSize {
    return { columns: this.terminal.cols, rows: this.terminal.rows };
  }

  write(data: Uint8Array | string, done?: () => void): void {
    this.terminal.write(data, done);
  }

  fit(): void {
    if (this.#host.clientWidth > 0 && this.#host.clientHeight > 0) this.#fit.fit();
  }

  focus(): void {
    this.terminal.focus();
  }

  /** Looks for the next, or the one before; false when there is none. */
  find(text: string, back = false): boolean {
    if (text === '') {
      this.#search.clearDecorations();
      return true;
    }
    const options = { decorations: this.#marks() };
    return back ? this.#search.findPrevious(text, options) : this.#search.findNext(text, options);
  }

  /** Call when the theme changed. */
  recolour(): void {
    this.terminal.options.theme = this.#theme();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#observer.disconnect();
    this.terminal.dispose();
  }

  #listen({ onInput, onResize }: ScreenOptions): void {
    const encoder = new TextEncoder();
    if (onInput) {
      this.terminal.onData((text) => onInput(encoder.encode(text)));
      // Mouse reports of old protocols are bytes, one a character.
      this.terminal.onBinary((text) => onInput(Uint8Array.from(text, (character) => character.charCodeAt(0))));
    }
    if (onResize) this.terminal.onResize(({ cols, rows }) => onResize({ columns: cols, rows }));
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.fit(), SETTLED_MS);
  }

  /** With the graphics processor where there is one; xterm's own elements otherwise, and when it is taken away. */
  #draw(): void {
    try {
      const webgl = new WebglAddon();
      webgl.onContextLoss(() => webgl.dispose());
      this.terminal.loadAddon(webgl);
    } catch {
      // No WebGL here: the terminal draws with elements, as it does until now.
    }
  }

  #theme(): ITheme {
    const colour = colourReader(this.#host);
    const hues = ['red', 'green', 'yellow', 'blue', 'magenta', 'cyan'] as const;
    const named = Object.fromEntries(hues.map((hue) => [hue, colour(`--term-${hue}`)])) as Record<
      (typeof hues)[number],
      string
    >;
    return {
      ...named,
      brightRed: named.red,
      brightGreen: named.green,
      brightYellow: named.yellow,
      brightBlue: named.blue,
      brightMagenta: named.magenta,
      brightCyan: named.cyan,
      background: colour('--term'),
      foreground: colour('--term-text'),
      black: colour('--term-dim'),
      brightBlack: colour('--term-dim'),
      white: colour('--term-text'),
      brightWhite: colour('--term-text'),
      cursor: colour('--term-cursor'),
      cursorAccent: colour('--term'),
      selectionBackground: colour('--term-selection'),
      scrollbarSliderBackground: colour('--line-strong'),
      scrollbarSliderHoverBackground: colour('--data'),
      scrollbarSliderActiveBackground: colour('--data'),
    };
  }

  #marks() {
    const colour = colourReader(this.#host);
    return {
      matchBackground: hex(colour('--term-selection')),
      matchOverviewRuler: hex(colour('--data')),
      activeMatchBackground: hex(colour('--accent-soft')),
      activeMatchBorder: hex(colour('--accent-fill')),
      activeMatchColorOverviewRuler: hex(colour('--accent-fill')),
    };
  }
}

/** A custom property keeps `light-dark(…)` as it is written; the colour of an element is what it comes to. */
function colourReader(host: HTMLElement): (name: string) => string {
  const style = getComputedStyle(host);
  return (name) => {
    const before = host.style.color;
    host.style.color = `var(${name})`;
    const found = style.color;
    host.style.color = before;
    return found;
  };
}

/** `rgb(1, 2, 3)` as the search's marks want it. */
function hex(rgb: string): string {
  const parts = rgb.match(/\d+/g)?.slice(0, 3) ?? [];
  return `#${parts.map((part) => Number(part).toString(16).padStart(2, '0')).join('')}`;
}
