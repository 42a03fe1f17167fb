/** Follows the service's events for as long as the app runs; when the service is gone it finds or starts the next one. */

import { call, type ServiceOptions } from '../vmm/client/connect.ts';
import { openStream } from '../vmm/client/stream.ts';
import { toBody } from '../vmm/contract/errors.ts';
import type { CallName, InputOf, OutputOf } from '../vmm/contract/operations.ts';
import type { ServiceEvent } from '../vmm/contract/types.ts';
import { after, type Desk, EMPTY_DESK, HISTORY_KEPT, pinsOf } from './desk.ts';

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
  /** events since the answers to questions were asked for */
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
    if (event.type === 'snapshot') void this.#read();
  }

  /** What a snapshot does not hold. A service that died meanwhile is noticed by its events' end, and the next is asked. */
  async #read(): Promise<void> {
    const heard: ServiceEvent[] = [];
    this.#heard = heard;
    const [past, settings] = await Promise.all([
      this.#ask('history', { limit: HISTORY_KEPT }),
      this.#ask('settings', {}),
    ]);
    if (this.#heard !== heard) return;
    this.#heard = null;
    const read = { ...this.#desk, ...(past && { history: past.runs }), ...(settings && { pins: pinsOf(settings) }) };
    // What was told while the answers were on their way is newer than they are.
    this.#become(heard.reduce(after, read), null);
  }

  /** null when it was not answered: the log says why, and what was known last stays. */
  async #ask<Name extends CallName>(name: Name, input: InputOf<Name>): Promise<OutputOf<Name> | null> {
    try {
      return await call(this.#options.service, name, input);
    } catch (error) {
      this.#options.log.line(`the service's ${name} cannot be read: ${toBody(error).message}`);
      return null;
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
