/** Answers to what never becomes a request, in the shape that every other failure has. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { MvmError, toBody } from '../contract/errors.ts';
import { statusOf } from './statuses.ts';

/**
 * For how long what still arrives is read and thrown away, ms: bytes that nobody read when a connection is closed reset
 * it, and the answer that its client has not read yet is lost with it.
 */
const LINGER_MS = 1_000;

/** Says why and closes the connection. */
export function refuse(socket: Duplex, error: unknown, headers: Record<string, string> = {}): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const status = statusOf(error);
  const body = `${JSON.stringify({ error: toBody(error) })}\n`;
  const lines = {
    ...headers,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('')}\r\n${body}`);
  linger(socket);
}

/** Closes a connection on which nothing is awaited any more, so that its client can read what was said to it. */
export function linger(socket: Duplex): void {
  const ignore = (): void => undefined;
  // Node's parser stops reading when somebody else listens.
  socket.on('data', ignore);
  socket.on('error', () => socket.destroy());
  for (const listener of socket.listeners('data')) if (listener !== ignore) socket.off('data', listener as () => void);
  socket.end();
  socket.resume();
  const over = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.on('close', () => clearTimeout(over));
}

/** Why work ends that was meant for somebody. */
export const clientLeft = (): MvmError => new MvmError('request.aborted', 'the client left before it was done');

/** What Node's parser found wrong with what a client sent; null when there is nobody to tell. */
export function malformed({ code = '', message }: NodeJS.ErrnoException): MvmError | null {
  switch (code) {
    case 'ECONNRESET':
    case 'EPIPE':
      return null;
    case 'HPE_HEADER_OVERFLOW':
      return new MvmError('request.headers-too-large', `the request's headers are larger than ${MAX_HEADERS} bytes`);
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new MvmError('request.timeout', 'the request did not arrive in time');
    default:
      return new MvmError('request.invalid', `that is no HTTP request: ${message}`);
  }
}

export const MAX_HEADERS = 32 * 1024;
