/** Follows the service's events for as long as the app runs; when the service is gone it finds or starts the next one. */
import { call, type ServiceOptions } from '../vmm/client/connect.ts';
import { openStream } from '../vmm/client/stream.ts';
import type { ServiceEvent } from '../vmm/contract/types.ts';
import { after, type Desk, EMPTY_DESK, HISTORY_KEPT, pinsOf } from './desk.ts';
import { bodyOf } from './failure.ts';
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
        if (failures === 0) this.#options.log.line(`the service cannot be followed: ${bodyOf(error).message}`);
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
    this.#become(after(this.#desk, event), event);
    if (event.type === 'snapshot') void this.#read();
  }

  async #read(): Promise<void> {
    await this.#readHistory();
    const settings = await call(this.#options.service, 'settings', {}).catch(() => null);
    if (settings) this.#become({ ...this.#desk, pins: pinsOf(settings) }, null);
  }

  /** A service that died meanwhile is noticed by its events' end; the next one is asked again. */
  async #readHistory(): Promise<void> {
    const read = await call(this.#options.service, 'history', { limit: HISTORY_KEPT }).catch(() => null);
    if (read) this.#become({ ...this.#desk, history: read.runs }, null);
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
