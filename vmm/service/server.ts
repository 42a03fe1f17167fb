/** The service's door: HTTP for calls and WebSocket for streams on one unix socket. */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { MvmError, toBody } from '../contract/errors.ts';
import type { CallName, InputOf, OutputOf, StreamName } from '../contract/operations.ts';
import { encodeControl, MAX_CONTROL } from '../contract/stream.ts';
import type { IdleWatch } from './idle.ts';
import { type Route, route } from './routes.ts';
import { type Checked, checkCall, checkStream } from './validate.ts';

export type CallHandlers = { [Name in CallName]: (input: Checked<Name>) => Promise<OutputOf<Name>> | OutputOf<Name> };
export type StreamHandlers = { [Name in StreamName]: (socket: WebSocket, input: InputOf<Name>) => Promise<void> };

export interface ServerOptions {
  socketPath: string;
  version: string;
  calls: CallHandlers;
  streams: StreamHandlers;
  idle: IdleWatch;
  /** until then clients wait: the machines of an earlier service are being found */
  ready: Promise<void>;
  log(line: string): void;
}

/** Resolves when clients can connect; `close` resolves when none is left. */
export async function serve(options: ServerOptions): Promise<{ close(): Promise<void> }> {
  const server = createServer((request, response) => void answer(options, request, response));
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: MAX_CONTROL + 1, perMessageDeflate: false });
  server.on('upgrade', (request, socket, head) => upgrade(options, webSockets, request, socket, head));
  server.on('connection', (socket) => {
    options.idle.clientCame();
    socket.on('close', () => options.idle.clientLeft());
  });
  server.requestTimeout = 0;
  await listen(server, options.socketPath);
  return { close: () => close(server, webSockets) };
}

async function listen(server: Server, path: string): Promise<void> {
  // The lock says that no other service lives: a socket that lies here is stale.
  rmSync(path, { force: true });
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

type Handling = Omit<ServerOptions, 'socketPath'>;

export async function answer(options: Handling, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('Mvm-Version', options.version);
  try {
    const found = route(request.method ?? '', addressOf(request));
    if (found.found !== 'call') throw noSuchOperation(request, found);
    const input = checkCall(found.name, { ...found.input, ...(await readBody(request)) });
    const handler = options.calls[found.name] as (input: unknown) => unknown;
    await options.ready;
    reply(response, 200, await handler(input));
  } catch (error) {
    if (!(error instanceof MvmError)) options.log(`${request.method} ${request.url}: ${(error as Error).stack}`);
    fail(response, error);
  }
}

export function fail(response: ServerResponse, error: unknown): void {
  reply(response, statusOf(error), { error: toBody(error) });
}

export function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

const BASE = 'http://mvm';
const addressOf = (request: IncomingMessage): URL => new URL(request.url ?? '/', BASE);

function noSuchOperation(request: IncomingMessage, found: Route): MvmError {
  const { pathname } = addressOf(request);
  if (found.found === 'stream')
    return new MvmError('request.upgrade', `${pathname} is a stream: connect with a WebSocket`);
  const methods = found.found === 'none' ? found.otherMethods : [];
  return methods.length > 0
    ? new MvmError('request.method', `${request.method} is not for ${pathname}; it takes ${methods.join(', ')}`)
    : new MvmError('request.unknown', `there is nothing at ${pathname}`);
}

const MAX_BODY = 1024 * 1024;

export async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new MvmError('request.too-large', `the request's body is larger than ${MAX_BODY} bytes`);
    chunks.push(chunk);
  }
  if (size === 0) return {};
  const body = parseJson(Buffer.concat(chunks).toString('utf8'));
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw new MvmError('request.invalid', "the request's body is not a JSON object");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MvmError('request.invalid', "the request's body is not JSON", { cause });
  }
}

function statusOf(error: unknown): number {
  if (!(error instanceof MvmError)) return 500;
  if (error.code === 'page.refused') return 403;
  if (error.code === 'request.method') return 405;
  if (error.code === 'request.too-large') return 413;
  if (error.code === 'request.upgrade') return 426;
  if (error.code === 'request.unknown' || error.code.endsWith('.not-found')) return 404;
  if (error.code.startsWith('machine.') || error.code.endsWith('.in-use')) return 409;
  if (error.code === 'disk.full') return 507;
  if (error.code.startsWith('engine.') || error.code.startsWith('agent.')) return 502;
  return 400;
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
  const found = URL.canParse(request.url ?? '/', BASE) ? route(null, addressOf(request)) : null;
  if (found?.found !== 'stream') {
    socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    return;
  }
  void options.ready.then(() => {
    webSockets.handleUpgrade(request, socket, head, (client) => void runStream(options, client, found));
  });
}

type FoundStream = Route & { found: 'stream' };

export async function runStream(options: Handling, client: WebSocket, found: FoundStream): Promise<void> {
  // Without a listener an aborted connection would be an uncaught error; `close` follows and ends the stream.
  client.on('error', () => client.terminate());
  try {
    const input = checkStream(found.name, found.input);
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
