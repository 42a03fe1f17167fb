/** Follows the service's events for as long as the app runs; when the service is gone it finds or starts the next one. */

import { call, type ServiceOptions } from '../vmm/client/connect.ts';
import { openStream } from '../vmm/client/stream.ts';
import { toBody } from '../vmm/contract/errors.ts';
import type { HistoryEntry, ServiceEvent } from '../vmm/contract/types.ts';
import { after, type Desk, EMPTY_DESK, HISTORY_KEPT } from './desk.ts';

import type { Log } from './log.ts';

export interface WatchOptions {
  service: ServiceOptions;
  log: Log;
  /** the event is null when the connection came or went, or history was read */
  onChange(desk: Desk, before: Desk, event: ServiceEvent | null): void;
}

/** How long it waits before each further try, ms. */
const PAUSES = [100, 500, 1000, 2000, 5000];

export class ServiceWatch {
  readonly #options: WatchOptions;
  readonly #ending = new AbortController();
  #desk: Desk = EMPTY_DESK;
  /** events since the history was asked for */
  #heard: ServiceEvent[] | null = null;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  get desk(): Desk {
    return this.#desk;
  }

  /** Until `end`. */
  async run(): Promise<void> {
    let failures = 0;
    while (!this.#ending.signal.aborted) {
      try {
        await this.#follow(() => {
          failures = 0;
        });
      } catch (error) {
        if (failures === 0) this.#options.log.line(`the service cannot be followed: ${toBody(error).message}`);
      }
      this.#become({ ...this.#desk, connected: false }, null);
      await this.#pause(PAUSES[Math.min(failures++, PAUSES.length - 1)] ?? 0);
    }
  }

  end(): void {
    this.#ending.abort();
  }

  /** Resolves when the connection is over. */
  async #follow(connected: () => void): Promise<void> {
    const { signal } = this.#ending;
    const socket = await openStream(this.#options.service, 'events', {}, signal);
    const leave = (): void => socket.close(1000);
    signal.addEventListener('abort', leave);
    const over = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    socket.on('message', (data: Buffer, isBinary) => {
      // A binary frame is the service's word that it failed; the connection's end follows.
      if (isBinary) return;
      connected();
      this.#take(JSON.parse(data.toString('utf8')) as ServiceEvent);
    });
    await over;
    signal.removeEventListener('abort', leave);
  }

  #take(event: ServiceEvent): void {
    this.#heard?.push(event);
    this.#become(after(this.#desk, event), event);
    if (event.type === 'snapshot') void this.#readPast();
  }

  /** What a snapshot does not hold. A service that died meanwhile is noticed by its events' end, and the next is asked. */
  async #readPast(): Promise<void> {
    const heard: ServiceEvent[] = [];
    this.#heard = heard;
    const history = await this.#history();
    if (this.#heard !== heard) return;
    this.#heard = null;
    // What was told while the answer was on its way is newer than it is.
    this.#become(heard.reduce(after, { ...this.#desk, history }), null);
  }

  /** When it is not answered, the log says why, and what was known last stays. */
  async #history(): Promise<HistoryEntry[]> {
    try {
      return (await call(this.#options.service, 'history', { limit: HISTORY_KEPT })).runs;
    } catch (error) {
      this.#options.log.line(`the service's history cannot be read: ${toBody(error).message}`);
      return this.#desk.history;
    }
  }

  #become(desk: Desk, event: ServiceEvent | null): void {
    const before = this.#desk;
    this.#desk = desk;
    this.#options.onChange(desk, before, event);
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#ending;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
    });
  }
}
