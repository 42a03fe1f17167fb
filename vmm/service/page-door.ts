/**
 * `mvm ui --browser`: the window's page and the operations on a loopback port, closed unless it was asked for.
 *
 * Every process of this computer can reach the port and every page in a browser can send requests to it. So a request
 * must name this host and port (no other site's name leads here), come from this page if it comes from a page, and
 * bear a key that only the page has which was opened with a token. There are no cookies: those ignore ports.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { MvmError } from '../contract/errors.ts';
import type { CallName } from '../contract/operations.ts';
import { createDoor, fail, reply } from './door.ts';
import { sendFile } from './page-files.ts';
import { PageKeys } from './page-keys.ts';
import { refuse } from './refusals.ts';
import { addressOf, readBody } from './requests.ts';
import { route } from './routes.ts';
import { answer, createWebSockets, runStream, type ServerOptions, streamFor } from './server.ts';

export interface PageDoorOptions extends Omit<ServerOptions, 'socketPath'> {
  /** the page's files */
  folder: string;
  now(): number;
  /** how long it stays open with no page there, ms */
  closesAfterMs: number;
}

/** How long a page may take to send its key over a new stream, ms. */
const KEY_DEADLINE_MS = 5_000;

/** What a page in a browser has no business with. */
const NOT_FOR_PAGES: readonly CallName[] = ['shutdown', 'openPage'];

export class PageDoor {
  readonly #options: PageDoorOptions;
  readonly #keys: PageKeys;
  readonly #streams = createWebSockets();
  #server: Server | null = null;
  #opening: Promise<string> | null = null;
  #authority = '';
  #closing: NodeJS.Timeout | null = null;

  constructor(options: PageDoorOptions) {
    this.#options = options;
    this.#keys = new PageKeys(options.now);
  }

  /** An address that opens the page once. */
  async open(): Promise<string> {
    this.#opening ??= this.#listen();
    const origin = await this.#opening;
    this.#closeWhenLeft();
    return `${origin}/#token=${this.#keys.newToken()}`;
  }

  /** Its pages are cut off, and their keys good for nothing. False when it was closed already. */
  async close(): Promise<boolean> {
    if (this.#closing) clearTimeout(this.#closing);
    this.#closing = null;
    this.#keys.forget();
    this.#opening = null;
    const server = this.#server;
    this.#server = null;
    if (!server) return false;
    this.#options.log('the door for browsers is closed');
    for (const client of this.#streams.clients) client.terminate();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    return true;
  }

  async #listen(): Promise<string> {
    const { idle, log } = this.#options;
    const server = createDoor({
      answer: (request, response) => void this.#answer(request, response),
      upgrade: (request, socket, head) => this.#upgrade(request, socket, head),
    });
    server.on('connection', (socket) => {
      idle.clientCame();
      socket.on('close', () => idle.clientLeft());
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    this.#server = server;
    this.#authority = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    log(`the door for browsers is open at ${this.#authority}`);
    return `http://${this.#authority}`;
  }

  #closeWhenLeft(): void {
    if (this.#closing) clearTimeout(this.#closing);
    this.#closing = null;
    if (this.#streams.clients.size > 0) return;
    this.#closing = setTimeout(() => void this.close(), this.#options.closesAfterMs);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.#checkSource(request);
      const { pathname } = addressOf(request);
      if (!pathname.startsWith('/v1/')) return await sendFile(this.#options.folder, request, pathname, response);
      if (request.method === 'POST' && pathname === '/v1/page/key') return await this.#giveKey(request, response);
      const [, key = ''] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
      if (!this.#keys.opens(key)) throw refused('without the key');
      this.#checkCall(request);
      this.#closeWhenLeft();
      await answer(this.#options, request, response);
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

  #checkCall(request: IncomingMessage): void {
    const found = route(request.method ?? '', addressOf(request));
    if (found.found === 'call' && NOT_FOR_PAGES.includes(found.name)) throw refused(`for ${found.name}`);
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
      const found = streamFor(request);
      this.#streams.handleUpgrade(request, socket, head, (client) => {
        client.on('close', () => this.#closeWhenLeft());
        this.#awaitKey(request, client, () => runStream(this.#options, client, found));
      });
    } catch (error) {
      this.#refuse(request, error);
      refuse(socket, error);
    }
  }

  /** The first message is the key: a browser's WebSocket can send no header. */
  #awaitKey(request: IncomingMessage, client: WebSocket, begin: () => void): void {
    client.on('error', () => client.terminate());
    const deadline = setTimeout(() => client.terminate(), KEY_DEADLINE_MS);
    client.on('close', () => clearTimeout(deadline));
    client.once('message', (data, isBinary) => {
      clearTimeout(deadline);
      if (!isBinary && this.#keys.opens(keyIn(data))) {
        this.#closeWhenLeft();
        begin();
      } else {
        this.#refuse(request, refused('without the key'));
        client.close(POLICY_VIOLATION);
      }
    });
  }

  #refuse({ method, url }: IncomingMessage, error: unknown): void {
    if (error instanceof MvmError && error.code === 'page.refused')
      this.#options.log(`the door for browsers: ${method} ${url?.slice(0, 200)}: ${error.message}`);
  }
}

/** RFC 6455, 7.4.1. */
const POLICY_VIOLATION = 1008;

function keyIn(data: RawData): string {
  try {
    const { key } = JSON.parse(data.toString()) as { key?: unknown };
    return typeof key === 'string' ? key : '';
  } catch {
    // Not JSON: no key either.
    return '';
  }
}

const refused = (how: string): MvmError =>
  new MvmError('page.refused', `refused, ${how}`, { hint: 'mvm ui --browser opens the page anew.' });
