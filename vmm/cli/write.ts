/** Writes bytes to stdout or stderr; resolves when they are out, so that nobody sends faster than they are read. */
import { type OutputChannel, STDERR } from '../contract/stream.ts';
import type { Context } from './command.ts';

export function write(context: Context, channel: OutputChannel, bytes: Uint8Array | string): Promise<void> {
  const stream = channel === STDERR ? context.stderr : context.stdout;
  return new Promise((resolve, reject) => stream.write(bytes, (error) => (error ? reject(error) : resolve())));
}
