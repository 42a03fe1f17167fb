/**
 * Long work told on stderr: on a terminal one line that is drawn again, in a pipe a line now and then. Nothing for what
 * is quick, and nothing with --json, where stderr is for programs.
 */
import type { ServiceControl } from '../contract/stream.ts';
import type { Context } from './command.ts';
import { paints } from './output.ts';
import { type ProgressState, progressLine, progressText } from './progress-text.ts';
import { Rate } from './rate.ts';
import { hasGlyphs } from './tty.ts';

type Message = Pick<ServiceControl & { type: 'progress' }, 'step' | 'done' | 'total'>;

/** Work that is done sooner shows nothing, ms. */
const QUICK_MS = 1_000;
/** How often a terminal's line is drawn again, ms. */
const DRAW_MS = 100;
/** How often a pipe hears of it, ms. */
const LINE_MS = 10_000;

export class Progress {
  readonly #context: Pick<Context, 'stderr' | 'env' | 'json'>;
  readonly #now: () => number;
  readonly #began: number;
  readonly #rate = new Rate();
  #timer: NodeJS.Timeout | null = null;
  #work: (Message & { since: number }) | null = null;
  #drawn = false;
  #nextLine: number;

  constructor(context: Pick<Context, 'stderr' | 'env' | 'json'>, now: () => number = () => performance.now()) {
    this.#context = context;
    this.#now = now;
    this.#began = now();
    this.#nextLine = this.#began + LINE_MS;
  }

  show({ step, done, total }: Message): void {
    const now = this.#now();
    if (this.#work?.step !== step || (done ?? 0) < (this.#work.done ?? 0)) {
      this.#rate.reset();
      this.#work = { step, since: now };
    }
    Object.assign(this.#work, { done, total });
    if (done !== undefined) this.#rate.add(now, done);
    this.#timer ??= setInterval(() => this.tick(), DRAW_MS).unref();
  }

  /** Draws what is known now. */
  tick(): void {
    const { stderr, env, json } = this.#context;
    const state = this.#state();
    if (!state || json) return;
    if (!stderr.isTTY || env.TERM === 'dumb') this.#say(state);
    else if (this.#now() - this.#began >= QUICK_MS) {
      const text = progressText(state, (stderr.columns || 80) - 1, { ...paints(stderr, env), glyphs: hasGlyphs(env) });
      stderr.write(`\r${text}\x1b[K`);
      this.#drawn = true;
    }
  }

  /** The work is done, or has failed: the line goes. */
  end(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.#work = null;
    if (this.#drawn) this.#context.stderr.write('\r\x1b[K');
    this.#drawn = false;
  }

  #say(state: ProgressState): void {
    if (this.#now() < this.#nextLine) return;
    this.#nextLine = this.#now() + LINE_MS;
    this.#context.stderr.write(`mvm: ${progressLine(state)}\n`);
  }

  #state(): ProgressState | null {
    if (!this.#work) return null;
    const { step, done = null, total = null, since } = this.#work;
    const now = this.#now();
    return { step, done, total, elapsedMs: now - since, bytesPerSecond: this.#rate.at(now) };
  }
}
