/** An HTTP server on which every failure has one shape, and nobody can keep a connection busy by sending slowly. */
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { MvmError, toBody } from '../contract/errors.ts';
import { linger, MAX_HEADERS, malformed, refuse } from './refusals.ts';
import { announcesTooMuch } from './requests.ts';
import { statusOf } from './statuses.ts';

export interface DoorHandlers {
  answer(request: IncomingMessage, response: ServerResponse): void;
  /** to a WebSocket; other offers are ignored */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** How long a client may take over what it sends. */
export interface Patience {
  headersMs: number;
  requestMs: number;
  /** how often it is looked, ms */
  everyMs: number;
}

/** Clients are on this host and send at once: who takes longer is broken, or wants to keep us busy. */
const PATIENCE: Patience = { headersMs: 20_000, requestMs: 60_000, everyMs: 2_000 };

export function createDoor({ answer, upgrade }: DoorHandlers, patience = PATIENCE): Server {
  const server = createServer(limits(patience));
  const owed = new WeakMap<Duplex, Set<ServerResponse>>();
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    const responses = owed.get(socket) ?? new Set();
    owed.set(socket, responses.add(response));
    response.on('close', () => responses.delete(response));
    answer(request, response);
  };
  server.on('request', take);
  server.on('checkContinue', (request, response) => {
    // Who asks before sending is told before it sends.
    if (!announcesTooMuch(request)) response.writeContinue();
    take(request, response);
  });
  server.on('checkExpectation', (request, response) => fail(response, unexpected(request)));
  server.on('connect', (_, socket) => refuse(socket, new MvmError('request.method', 'CONNECT leads nowhere here')));
  server.on('upgrade', upgrade);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const refusal = malformed(error);
    const [first, ...others] = owed.get(socket) ?? [];
    // An answer that is under way must not be mixed with another.
    if (!refusal || others.length > 0 || first?.headersSent || first?.req.complete) socket.destroy();
    else if (first)
      fail(
        first.on('finish', () => linger(first.req.socket)),
        refusal,
      );
    else refuse(socket, refusal);
  });
  return server;
}

function limits({ headersMs, requestMs, everyMs }: Patience): ServerOptions {
  return {
    maxHeaderSize: MAX_HEADERS,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: everyMs,
    // Node would refuse without a word; whose host it is matters where a browser can ask, and is looked at there.
    requireHostHeader: false,
    // curl offers HTTP/2 on the way; the offer may be ignored (RFC 9110, 7.8).
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
  };
}

export function fail(response: ServerResponse, error: unknown): void {
  // It was refused while its body was awaited.
  if (response.headersSent) return;
  const status = statusOf(error);
  const methods = error instanceof MvmError ? error.details?.methods : undefined;
  if (Array.isArray(methods)) response.setHeader('Allow', methods.join(', '));
  if (status === 426) response.setHeader('Upgrade', 'websocket');
  // What is left of such a request is not worth reading.
  if (status === 408 || status === 413 || status === 417) response.setHeader('Connection', 'close');
  reply(response, status, { error: toBody(error) });
}

export function reply(response: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

const unexpected = ({ headers }: IncomingMessage): MvmError =>
  new MvmError('request.expectation', `nobody here can meet the expectation '${headers.expect}'`);
