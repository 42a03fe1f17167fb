/** `ipcMain`, and the form in which values cross to a page: DevTools carries text alone. */
import { EventEmitter } from 'node:events';

type Handler = (event: unknown, ...values: unknown[]) => unknown;

class IpcMain extends EventEmitter {
  readonly #handlers = new Map<string, Handler>();

  handle(channel: string, handler: Handler): void {
    if (this.#handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    this.#handlers.set(channel, handler);
  }

  removeHandler(channel: string): void {
    this.#handlers.delete(channel);
  }

  async invoke(channel: string, event: unknown, values: unknown[]): Promise<unknown> {
    const handler = this.#handlers.get(channel);
    if (!handler) throw new Error(`No handler registered for '${channel}'`);
    return handler(event, ...values);
  }
}

export const ipcMain = new IpcMain();

/** The part of structured cloning that is used. It is also run in pages, so it stands by itself. */
export function codec(base64: { to(bytes: Uint8Array): string; from(text: string): Uint8Array }) {
  type Coded = { $: string; v?: unknown };
  const encode = (value: unknown): unknown => {
    if (value === undefined) return { $: 'undefined' };
    if (typeof value === 'function' || typeof value === 'symbol') throw new Error('An object could not be cloned.');
    if (value === null || typeof value !== 'object') return value;
    if (value instanceof Promise) throw new Error('An object could not be cloned.');
    if (ArrayBuffer.isView(value))
      return { $: 'bytes', v: base64.to(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
    if (Array.isArray(value)) return value.map(encode);
    return { $: 'object', v: Object.fromEntries(Object.entries(value).map(([key, each]) => [key, encode(each)])) };
  };
  const decode = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(decode);
    if (value === null || typeof value !== 'object') return value;
    const { $: kind, v } = value as Coded;
    if (kind === 'undefined') return undefined;
    if (kind === 'bytes') return base64.from(v as string);
    return Object.fromEntries(Object.entries(v as object).map(([key, each]) => [key, decode(each)]));
  };
  return { encode, decode };
}

export const { encode, decode } = codec({
  to: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
  from: (text) => new Uint8Array(Buffer.from(text, 'base64')),
});
