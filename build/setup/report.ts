/** Tells on stderr what the set-up does: one line rewritten on a terminal, plain lines elsewhere. */

export interface Report {
  /** A step's news; its first shows that it runs. */
  say(step: string, text: string): void;
  /** The step's end; nothing is shown when it never said anything. */
  done(step: string): void;
  line(text: string): void;
  close(): void;
}

export interface Screen {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

export function createReport(screen: Screen, now: () => number = Date.now): Report {
  const running = new Map<string, { since: number; text: string; shown: number }>();
  const live = screen.isTTY === true && process.env.TERM !== 'dumb';
  const timer = live ? setInterval(draw, 200).unref() : null;

  return {
    say(step, text) {
      const state = running.get(step) ?? { since: now(), text, shown: Number.NEGATIVE_INFINITY };
      running.set(step, Object.assign(state, { text }));
      if (live) return draw();
      if (now() - state.shown < PLAIN_INTERVAL) return;
      state.shown = now();
      line(`${step}: ${text} …`);
    },
    done(step) {
      const state = running.get(step);
      running.delete(step);
      if (state) line(`${step} … ${seconds(state.since)}`);
    },
    line,
    close() {
      if (timer) clearInterval(timer);
      if (live) screen.write(CLEAR);
    },
  };

  function line(text: string): void {
    screen.write(`${live ? CLEAR : ''}mvm set-up: ${text}\n`);
    if (live) draw();
  }

  function draw(): void {
    if (running.size === 0) return;
    const parts = [...running].map(([step, { text, since }]) => `${step}: ${text} (${seconds(since)})`);
    screen.write(`${CLEAR}${`mvm set-up: ${parts.join(', ')}`.slice(0, (screen.columns || 80) - 1)}`);
  }

  function seconds(since: number): string {
    return `${Math.round((now() - since) / 1000)} s`;
  }
}

/** Milliseconds between two lines of one step where lines cannot be rewritten. */
const PLAIN_INTERVAL = 30_000;

/** Back to the line's start, and erase it. */
const CLEAR = '\r\x1b[K';
