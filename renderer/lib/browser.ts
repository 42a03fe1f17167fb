/** The bridge of a page in a browser: WebSockets to the loopback door that served it. */
import type { Bridge, OpenStream, StreamHandlers } from '../../vmm/contract/bridge.ts';
import {
  addressOf,
  type CallName,
  type InputOf,
  type OutputOf,
  operations,
  type StreamName,
} from '../../vmm/contract/operations.ts';
import { type PageAnswer, type PageCall, type PageIdentity, pageDoor } from '../../vmm/contract/page-door.ts';
import type { ErrorBody } from '../../vmm/contract/types.ts';
import { VERSION } from '../../vmm/contract/version.ts';
import { BrowserLink, gone, type Line } from './browser-link.ts';
import { fetchParts } from './parts.svelte.ts';

/** `key` opens the door; null where nobody asks for one. */
export function browserBridge(key: string | null): Bridge {
  const link = new BrowserLink(key);
  const calls = new Calls(link);
  return {
    platform: 'browser',
    version: VERSION,
    call: (name, input) => calls.ask(name, input),
    open(name, input, handlers) {
      calls.open();
      return open(link, name, input, handlers);
    },
    onCommand: () => () => undefined,
    pathOf: () => null,
    desktop: null,
  };
}

interface Asked {
  resolve(output: unknown): void;
  reject(error: ErrorBody): void;
}

/** Over one WebSocket, by which the page also learns what it is known by: open whenever a stream or a call begins. */
class Calls {
  readonly #link: BrowserLink;
  readonly #asked = new Map<number, Asked>();
  #line: Line | null = null;
  #last = 0;

  constructor(link: BrowserLink) {
    this.#link = link;
  }

  open(): Line {
    this.#line ??= this.#link.open(pageDoor.calls, {
      message: (text) => this.#take(JSON.parse(text as string) as PageAnswer),
      closed: ({ code, error }) => this.#lost(error ?? gone(`code ${code}`)),
    });
    return this.#line;
  }

  ask<Name extends CallName>(name: Name, input: InputOf<Name>): Promise<OutputOf<Name>> {
    const { promise, resolve, reject } = Promise.withResolvers<OutputOf<Name>>();
    const id = ++this.#last;
    this.#asked.set(id, { resolve: resolve as Asked['resolve'], reject });
    this.open().send(JSON.stringify({ id, name, input } satisfies PageCall));
    return promise;
  }

  #take(answer: PageAnswer): void {
    if (answer.type === 'hello') {
      if (answer.identity) this.#know(answer.identity);
      return;
    }
    const asked = this.#asked.get(answer.id);
    this.#asked.delete(answer.id);
    if (answer.type === 'answer') asked?.resolve(answer.output);
    else asked?.reject(answer.error);
  }

  /** From here on nothing may be loaded that is not here: the next service has the port after it was anybody's. */
  #know(identity: PageIdentity): void {
    this.#link.identity = identity;
    fetchParts();
    void import('./screen.ts');
  }

  #lost(error: ErrorBody): void {
    this.#line = null;
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}

function open<Name extends StreamName>(
  link: BrowserLink,
  name: Name,
  input: InputOf<Name>,
  handlers: StreamHandlers,
): OpenStream {
  const { path, rest } = addressOf(operations[name].path, input as Record<string, unknown>);
  return link.open(path + queryOf(rest), handlers);
}

function queryOf(rest: Record<string, unknown>): string {
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return query && `?${query}`;
}
