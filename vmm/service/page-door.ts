/**
 * `mvm ui --browser`: the window's page and the operations on a loopback port, closed unless it was asked for.
 *
 * Every process of this computer can reach the port and every page in a browser can send requests to it. So a request
 * must name this host and port (no other site's name leads here), come from this page if it comes from a page, and
 * bear a key that only the page has which was opened with a token. There are no cookies: those ignore ports. What the
 * page asks comes over WebSockets, which browsers connect anew for each (see contract/page-door.ts).
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { MvmError } from '../contract/errors.ts';
import { type KeyMessage, type PageAnswer, pageDoor } from '../contract/page-door.ts';
import { createDoor, fail, reply } from './door.ts';
import { type KnownPage, KnownPages, objectIn } from './known-pages.ts';
import { answerCalls } from './page-calls.ts';
import { sendFile, turnAway } from './page-files.ts';
import { PageKeys } from './page-keys.ts';
import { refuse } from './refusals.ts';
import { addressOf, readBody } from './requests.ts';
import { createWebSockets, type Handling, runStream, streamFor } from './server.ts';

export interface PageDoorOptions extends Handling {
  /** the page's files */
  folder: string;
  now(): number;
  /** how long it stays open with no page there, ms */
  closesAfterMs: number;
}

/** A door as the next service opens it again: for pages that are open, and no others. */
export interface KeptDoor {
  port: number;
  pages: readonly KnownPage[];
}

interface DoorEvents {
  /** the pages that may come back are others */
  changed(): void;
  closed(): void;
}

/** How often a page that stays is noted to be there, ms. */
const DAY_MS = 86_400_000;

/** How long a page may take to send its key over a new stream, ms. */
const KEY_DEADLINE_MS = 5_000;

/** RFC 6455, 7.4.1. */
const GOOD_END = 1000;
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;

type Begin = (client: WebSocket) => void;

export class PageDoor {
  readonly #options: PageDoorOptions;
  readonly #events: DoorEvents;
  readonly #keys: PageKeys;
  readonly #pages: KnownPages;
  readonly #streams = createWebSockets();
  readonly #server: Server;
  /** another service had it */
  readonly #isOfEarlier: boolean;
  /** connections that showed a key */
  readonly #used = new Set<WebSocket>();
  #port: number;
  #closing: NodeJS.Timeout | null = null;

  /** @throws Error of `listen`, when a kept door's port is somebody's */
  static async open(options: PageDoorOptions, kept: KeptDoor | null, events: DoorEvents): Promise<PageDoor> {
    const door = new PageDoor(options, kept, events);
    await door.#listen();
    return door;
  }

  private constructor(options: PageDoorOptions, kept: KeptDoor | null, events: DoorEvents) {
    this.#options = options;
    this.#events = events;
    this.#keys = new PageKeys(options.now);
    this.#pages = new KnownPages({ pages: kept?.pages ?? [], now: options.now, changed: events.changed });
    this.#isOfEarlier = kept !== null;
    this.#port = kept?.port ?? 0;
    this.#server = createDoor({
      answer: (request, response) => void this.#answer(request, response),
      upgrade: (request, socket, head) => this.#upgrade(request, socket, head),
    });
  }

  /** An address that opens the page once. */
  newAddress(): string {
    this.#closeWhenLeft();
    return `http://${this.#authority}/#token=${this.#keys.newToken()}`;
  }

  get kept(): KeptDoor {
    return { port: this.#port, pages: this.#pages.all };
  }

  /** Its pages are cut off, and their keys good for nothing. */
  async close(): Promise<void> {
    if (this.#closing) clearTimeout(this.#closing);
    this.#keys.forget();
    this.#events.closed();
    this.#options.log(`the door for browsers at ${this.#authority} is closed`);
    for (const client of this.#streams.clients) client.terminate();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  get #authority(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async #listen(): Promise<void> {
    const { idle, log } = this.#options;
    this.#server.on('connection', (socket) => {
      idle.clientCame();
      socket.on('close', () => idle.clientLeft());
    });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
    log(`the door for browsers is open at ${this.#authority}${this.#isOfEarlier ? ' again' : ''}`);
    this.#closeWhenLeft();
  }

  #closeWhenLeft(): void {
    if (this.#closing) clearTimeout(this.#closing);
    this.#closing = null;
    if (this.#used.size > 0 || !this.#server.listening) return;
    this.#closing = setTimeout(() => void this.close(), this.#options.closesAfterMs);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.#checkSource(request);
      if (this.#isOfEarlier) return turnAway(response);
      const { pathname } = addressOf(request);
      if (request.method === 'POST' && pathname === pageDoor.key) return await this.#giveKey(request, response);
      if (pathname.startsWith('/v1/')) throw refused('without the key');
      await sendFile(this.#options.folder, request, pathname, response);
    } catch (error) {
      this.#refuse(request, error);
      fail(response, error);
    }
  }

  /** Host: a site whose name was made to lead to this address is no part of ours. Origin: pages of other sites. */
  #checkSource({ headers }: IncomingMessage): void {
    if (headers.host !== this.#authority) throw refused(`for the host ${headers.host ?? 'of no name'}`);
    if (headers.origin !== undefined && headers.origin !== `http://${this.#authority}`)
      throw refused(`from ${headers.origin}`);
    const site = headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none') throw refused('from a page of another site');
  }

  async #giveKey(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { token } = await readBody(request);
    const key = typeof token === 'string' ? this.#keys.exchange(token) : null;
    if (key === null) throw refused('with a token that was used, is too old, or is none');
    reply(response, 200, { key });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    try {
      this.#checkSource(request);
      // A browser always says it; whoever does not is none.
      if (request.headers.origin === undefined) throw refused('as a stream of no page');
      const begin = this.#beginningOf(request);
      this.#streams.handleUpgrade(request, socket, head, (client) => {
        client.on('error', () => client.terminate());
        begin(client);
      });
    } catch (error) {
      this.#refuse(request, error);
      refuse(socket, error);
    }
  }

  #beginningOf(request: IncomingMessage): Begin {
    switch (addressOf(request).pathname) {
      case pageDoor.back:
        return (client) => void this.#takeBack(request, client);
      case pageDoor.calls:
        return (client) => this.#awaitKey(request, client, (page) => void this.#answerCalls(request, client, page));
      default: {
        const found = streamFor(request);
        return (client) => this.#awaitKey(request, client, () => void runStream(this.#options, client, found));
      }
    }
  }

  /** The first message is the key: a browser's WebSocket can send no header. */
  #awaitKey(request: IncomingMessage, client: WebSocket, begin: (page: string | null) => void): void {
    const deadline = this.#giveUpOn(request, client);
    client.once('message', (data, isBinary) => {
      clearTimeout(deadline);
      const { key } = (isBinary ? {} : objectIn(data)) as Partial<KeyMessage>;
      const found = typeof key === 'string' ? this.#keys.find(key) : null;
      if (!found) return this.#turnAway(request, client);
      this.#noteUse(client);
      begin(found.page);
    });
  }

  #noteUse(client: WebSocket): void {
    this.#used.add(client);
    this.#closeWhenLeft();
    client.on('close', () => {
      this.#used.delete(client);
      this.#closeWhenLeft();
    });
  }

  /** A page of an earlier service proves that it is the one, and has a key again. */
  async #takeBack(request: IncomingMessage, client: WebSocket): Promise<void> {
    const deadline = this.#giveUpOn(request, client);
    const known = await this.#pages.recognise(client, this.#authority);
    clearTimeout(deadline);
    if (!known) return this.#turnAway(request, client);
    this.#keys.admit(known.page, known.key);
    client.close(GOOD_END);
  }

  async #answerCalls(request: IncomingMessage, client: WebSocket, cameBack: string | null): Promise<void> {
    answerCalls(client, {
      handling: this.#options,
      refuse: (what) => {
        const error = refused(what);
        this.#refuse(request, error);
        return error;
      },
    });
    const arriving = cameBack === null ? this.#pages.add() : null;
    const page = arriving === null ? Promise.resolve(cameBack) : arriving.then(({ id }) => id);
    const see = async (): Promise<void> => this.#pages.seen((await page) ?? '');
    void see();
    const renewing = setInterval(() => void see(), DAY_MS).unref();
    client.on('close', async (code) => {
      clearInterval(renewing);
      // Closed, or loaded again: a connection that broke says neither.
      if (code === GOOD_END || code === GOING_AWAY) this.#pages.forget((await page) ?? '');
    });
    const identity = await arriving;
    client.send(JSON.stringify({ type: 'hello', identity } satisfies PageAnswer));
  }

  #giveUpOn(request: IncomingMessage, client: WebSocket): NodeJS.Timeout {
    const deadline = setTimeout(() => this.#turnAway(request, client), KEY_DEADLINE_MS);
    client.on('close', () => clearTimeout(deadline));
    return deadline;
  }

  #turnAway(request: IncomingMessage, client: WebSocket): void {
    this.#refuse(request, refused('without the key'));
    client.close(POLICY_VIOLATION);
  }

  #refuse({ method, url }: IncomingMessage, error: unknown): void {
    if (error instanceof MvmError && error.code === 'page.refused')
      this.#options.log(`the door for browsers: ${method} ${url?.slice(0, 200)}: ${error.message}`);
  }
}

const refused = (how: string): MvmError =>
  new MvmError('page.refused', `refused, ${how}`, { hint: 'mvm ui --browser opens the page anew.' });
