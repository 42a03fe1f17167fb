/** What an HTTP request asks for, read within bounds. */
import type { IncomingMessage } from 'node:http';
import { MvmError } from '../contract/errors.ts';

/** Largest body of a request, 1 MiB: as much as a control message. */
const MAX_BODY = 1024 * 1024;
/** What is read of a larger one before the line is cut, so that its sender gets to hear the answer. */
const MAX_HEARD = 16 * MAX_BODY;

const BASE = 'http://mvm';

/** @throws MvmError `request.invalid` */
export function addressOf({ url = '/' }: IncomingMessage): URL {
  const text = url.startsWith('/') ? BASE + url : url;
  if (!URL.canParse(text)) throw new MvmError('request.invalid', `'${url}' is no address`);
  const address = new URL(text);
  if (/%(?![0-9a-f]{2})/i.test(address.pathname) || !isUtf8(address.pathname))
    throw new MvmError('request.invalid', `${address.pathname}: its percent signs encode no UTF-8`);
  return address;
}

function isUtf8(pathname: string): boolean {
  try {
    decodeURIComponent(pathname);
    return true;
  } catch {
    // That is the answer.
    return false;
  }
}

/** The body's fields, none for no body. @throws MvmError `request.invalid`, `request.too-large`, `request.aborted` */
export async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const bytes = await readBytes(request);
  if (bytes.length === 0) return {};
  const body = parse(bytes);
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw new MvmError('request.invalid', "the request's body is not a JSON object");
}

function readBytes(request: IncomingMessage): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_BODY) chunks.push(chunk);
    else chunks.length = 0;
    if (size > MAX_HEARD) reject(tooLarge());
  });
  request.on('end', () => (size > MAX_BODY ? reject(tooLarge()) : resolve(Buffer.concat(chunks))));
  request.on('close', () => reject(new MvmError('request.aborted', 'the client left before its request was whole')));
  return promise;
}

export const announcesTooMuch = ({ headers }: IncomingMessage): boolean => Number(headers['content-length']) > MAX_BODY;

export const tooLarge = (): MvmError =>
  new MvmError('request.too-large', `the request's body is larger than ${MAX_BODY} bytes`);

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new MvmError('request.invalid', "the request's body is not JSON in UTF-8", { cause });
  }
}
