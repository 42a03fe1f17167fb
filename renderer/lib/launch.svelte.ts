import { shellQuoted } from '../../vmm/contract/command-line.ts';
import { completeRun } from '../../vmm/contract/run-defaults.ts';
import type { ServiceControl } from '../../vmm/contract/stream.ts';
import type { ErrorBody, HistoryEntry, ProgramExit, RunRequest, Timeline } from '../../vmm/contract/types.ts';
import type { App } from './app.svelte.ts';
import { type Opening, ProgramLink } from './program-link.ts';
import { newId } from './run.svelte.ts';
import type { Screen } from './screen.ts';
import { splitWords } from './shell-words.ts';

export type Wish = Omit<RunRequest, 'id' | 'size'>;

/** A run whose output and exit code appear in place. */
export class Launch {
  phase: 'idle' | 'starting' | 'running' | 'ended' = $state('idle');
  step = $state('');
  exit: ProgramExit | null = $state.raw(null);
  timeline: Timeline | null = $state.raw(null);
  refused: ErrorBody | null = $state.raw(null);
  readonly #app: App;
  #link: ProgramLink | null = null;
  /** it was asked to end, and has not yet */
  wasAsked = $state(false);
  #unwatch: () => void = () => undefined;

  constructor(app: App) {
    this.#app = app;
  }

  get isUnderWay(): boolean {
    return this.phase === 'starting' || this.phase === 'running';
  }

  begin(wish: Wish, screen: Pick<Screen, 'write'>): void {
    this.leave();
    this.phase = 'starting';
    this.step = '';
    this.exit = null;
    this.timeline = null;
    this.refused = null;
    this.wasAsked = false;
    const request: RunRequest = { ...wish, id: newId(), size: null };
    const link = new ProgramLink(this.#app.bridge, {
      opening(received): Opening {
        if (!received) return { name: 'run', input: {}, first: { type: 'run', request } };
        return { name: 'session', input: { session: request.id ?? '' }, first: { type: 'resume', ...received } };
      },
      output: (_channel, bytes, taken) => screen.write(bytes, taken),
      control: (message) => this.#take(message),
      broke: () => {
        this.step = 'The service is gone; it goes on when it is back';
      },
      ended: (end) => {
        this.phase = 'ended';
        if (end && 'message' in end) this.refused = end;
        else this.exit = end;
      },
    });
    link.connect();
    this.#link = link;
    this.#unwatch = this.#app.service.whenLive(() => link.connect());
  }

  /** Asks it to end; who asks again means it. */
  stop(): void {
    this.#link?.signal(this.wasAsked ? 'SIGKILL' : 'SIGTERM');
    this.wasAsked = true;
  }

  /** As if nothing had been run. */
  clear(): void {
    this.leave();
    this.phase = 'idle';
    this.exit = null;
    this.timeline = null;
    this.refused = null;
  }

  /** Nobody watches any more: the service ends what it was run for. */
  leave(): void {
    this.#unwatch();
    this.#link?.close();
    this.#link = null;
  }

  #take(message: ServiceControl): void {
    if (message.type === 'progress') this.step = message.step;
    if (message.type === 'exit') this.timeline = message.timeline;
    if (message.type !== 'started' && message.type !== 'resumed') return;
    this.phase = 'running';
    this.step = '';
  }
}

/** An image and the words of its program, as they are typed. */
export const lineOf = ({ image, command }: Pick<Wish, 'image' | 'command'>): string =>
  [image, ...command].map(shellQuoted).join(' ');

/** What is typed into the launcher: an image and the words of its program. `mvm run` before it is no mistake. */
export function readLine(text: string): { wish: Wish } | { problem: string } {
  const { words, open } = splitWords(text.replace(/^\s*mvm\s+run\s+/, ''));
  const [image, ...command] = words;
  if (open) return { problem: 'A quote is not closed.' };
  if (image === undefined) return { problem: 'An image is needed, and its command if it shall not be its own.' };
  if (image.startsWith('-')) return { problem: 'Options are for the Run sheet; here an image comes first.' };
  return { wish: completeRun({ image, command }) };
}

export interface Suggestion {
  text: string;
  wish: Wish;
  /** when it ran last, Unix ms; null for an image */
  at: number | null;
}

/** Past runs, each line once, then images. A run with variables is left out: their values are not kept. */
export function suggestions(runs: readonly HistoryEntry[], images: readonly string[]): Suggestion[] {
  const found = new Map<string, Suggestion>();
  for (const { request, envNames, at } of runs) {
    if (!request || envNames.length > 0) continue;
    const wish: Wish = { ...request, env: [], name: null, detach: false, remove: true, tty: false, stdin: false };
    const text = lineOf(request);
    if (!found.has(text)) found.set(text, { text, wish, at });
  }
  for (const image of images) {
    if (!found.has(image)) found.set(image, { text: image, wish: completeRun({ image, command: [] }), at: null });
  }
  return [...found.values()];
}
