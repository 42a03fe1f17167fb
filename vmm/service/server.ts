/** The service's door: HTTP for calls and WebSocket for streams on one unix socket. */
import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { MvmError, toBody } from '../contract/errors.ts';
import { type CallName, type InputOf, type OutputOf, operations, type StreamName } from '../contract/operations.ts';
import { encodeControl, MAX_CONTROL } from '../contract/stream.ts';
import { createDoor, fail, type Patience, reply } from './door.ts';
import type { IdleWatch } from './idle.ts';
import { clientLeft, refuse } from './refusals.ts';
import { addressOf, announcesTooMuch, readBody, tooLarge } from './requests.ts';
import { type Route, route } from './routes.ts';
import { type Checked, checkCall, checkStream } from './validate.ts';

/** `left` is aborted when nobody waits for the answer any more. */
export type CallHandlers = {
  [Name in CallName]: (input: Checked<Name>, left: AbortSignal) => Promise<OutputOf<Name>> | OutputOf<Name>;
};
export type StreamHandlers = { [Name in StreamName]: (socket: WebSocket, input: InputOf<Name>) => Promise<void> };

export interface ServerOptions {
  socketPath: string;
  version: string;
  calls: CallHandlers;
  streams: StreamHandlers;
  idle: IdleWatch;
  /** until then clients wait: the machines of an earlier service are being found */
  ready: Promise<void>;
  patience?: Patience;
  log(line: string): void;
}

export interface Serving {
  /** Nobody finds it any more; resolves when all who did are connected. They are served on. */
  hide(): Promise<void>;
  show(): void;
  /** resolves when no client is left */
  close(): Promise<void>;
}

/** Resolves when clients can connect. */
export async function serve(options: ServerOptions): Promise<Serving> {
  const webSockets = createWebSockets();
  const server = createDoor(
    {
      answer: (request, response) => void answer(options, request, response),
      upgrade: (request, socket, head) => upgrade(options, webSockets, request, socket, head),
    },
    options.patience,
  );
  server.on('connection', (socket) => {
    options.idle.clientCame();
    socket.on('close', () => options.idle.clientLeft());
  });
  const { socketPath } = options;
  await listen(server, socketPath);
  return {
    async hide() {
      move(socketPath, hidden(socketPath));
      await setImmediate();
    },
    show: () => move(hidden(socketPath), socketPath),
    async close() {
      await close(server, webSockets);
      rmSync(hidden(socketPath), { force: true });
    },
  };
}

const hidden = (socketPath: string): string => `${socketPath}.ending`;

/** One that somebody took away leads nobody here. */
function move(socketPath: string, to: string): void {
  if (existsSync(socketPath)) renameSync(socketPath, to);
}

/** A handshake that is none is refused in our own shape. */
export function createWebSockets(): WebSocketServer {
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: MAX_CONTROL + 1, perMessageDeflate: false });
  webSockets.on('wsClientError', (error, socket) => {
    refuse(socket, new MvmError('request.invalid', `that is no WebSocket handshake: ${error.message}`));
  });
  return webSockets;
}

async function listen(server: Server, path: string): Promise<void> {
  // The lock says that no other service lives: a socket that lies here is stale.
  for (const stale of [path, hidden(path)]) rmSync(stale, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
}

async function close(server: Server, webSockets: WebSocketServer): Promise<void> {
  for (const socket of webSockets.clients) socket.terminate();
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

export type Handling = Omit<ServerOptions, 'socketPath'>;

async function answer(options: Handling, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('Mvm-Version', options.version);
  try {
    const found = route(request.method ?? '', addressOf(request));
    if (found.found !== 'call') throw noSuchOperation(request, found);
    const leaving = new AbortController();
    response.on('close', () => leaving.abort(clientLeft()));
    reply(response, 200, await perform(options, found.name, await inputOf(found, request), leaving.signal));
  } catch (error) {
    if (!(error instanceof MvmError)) options.log(`${request.method} ${request.url}: ${(error as Error).stack}`);
    fail(response, error);
  }
}

/** A call by whatever way it came. @throws MvmError */
export async function perform<Name extends CallName>(
  { calls, ready }: Handling,
  name: Name,
  given: unknown,
  left: AbortSignal,
): Promise<OutputOf<Name>> {
  const input = checkCall(name, given);
  await ready;
  return await calls[name](input, left);
}

/** Fields from the path, and the rest from where the method has it: a field has one place alone. */
async function inputOf({ name, path, query }: Route & { found: 'call' }, request: IncomingMessage): Promise<object> {
  if (announcesTooMuch(request) && request.headers.expect) throw tooLarge();
  const body = await readBody(request);
  const inQuery = operations[name].method === 'GET' || operations[name].method === 'DELETE';
  const [rest, elsewhere] = inQuery ? [query, body] : [body, query];
  const [stray] = [...Object.keys(elsewhere), ...Object.keys(path).filter((field) => Object.hasOwn(rest, field))];
  if (stray === undefined) return { ...rest, ...path };
  const where = Object.hasOwn(path, stray) ? 'path' : inQuery ? 'query' : 'body';
  throw new MvmError('request.invalid', `${stray}: belongs into the ${where}`);
}

function noSuchOperation(request: IncomingMessage, found: Route): MvmError {
  const { pathname } = addressOf(request);
  if (found.found === 'stream')
    return new MvmError('request.upgrade', `${pathname} is a stream: connect with a WebSocket`);
  const methods = found.found === 'none' ? found.otherMethods : [];
  if (methods.length === 0) return new MvmError('request.unknown', `there is nothing at ${pathname}`);
  return new MvmError('request.method', `${request.method} is not for ${pathname}; it takes ${methods.join(', ')}`, {
    details: { methods },
  });
}

function upgrade(
  options: ServerOptions,
  webSockets: WebSocketServer,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  // A connection that breaks while it is refused needs no more than its end.
  socket.on('error', () => socket.destroy());
  try {
    const found = streamFor(request);
    void options.ready.then(() => {
      webSockets.handleUpgrade(request, socket, head, (client) => void runStream(options, client, found));
    });
  } catch (error) {
    refuse(socket, error);
  }
}

type FoundStream = Route & { found: 'stream' };

/** @throws MvmError `request.no-stream`, `request.unknown`, `request.invalid` */
export function streamFor(request: IncomingMessage): FoundStream {
  const address = addressOf(request);
  const found = route(null, address);
  if (found.found === 'stream') return found;
  if (found.found === 'none' && found.otherMethods.length > 0)
    throw new MvmError('request.no-stream', `${address.pathname} is a call: ask without a WebSocket`);
  throw noSuchOperation(request, found);
}

export async function runStream(options: Handling, client: WebSocket, found: FoundStream): Promise<void> {
  // Without a listener an aborted connection would be an uncaught error; `close` follows and ends the stream.
  client.on('error', () => client.terminate());
  try {
    const input = checkStream(found.name, { ...found.query, ...found.path });
    const handler = options.streams[found.name] as (socket: WebSocket, input: unknown) => Promise<void>;
    await handler(client, input);
  } catch (error) {
    if (!(error instanceof MvmError)) options.log(`${found.name}: ${(error as Error).stack}`);
    failStream(client, error);
  }
}

/** Tells the client and closes; 1011 is WebSocket's word for a server's failure (RFC 6455, 7.4.1). */
function failStream(client: WebSocket, error: unknown): void {
  if (client.readyState !== client.OPEN) return;
  client.send(encodeControl({ type: 'error', error: toBody(error) }));
  client.close(1011);
}
