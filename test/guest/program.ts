/** Requests and sinks that tests fill in where they care. */
import { randomBytes } from 'node:crypto';
import type { GuestExec } from '../../vmm/guest/messages.ts';
import type { ProcessSink } from '../../vmm/guest/process.ts';

/** For programs whose output nobody wants to see. */
export const nowhere: ProcessSink = { output: () => {}, end: () => {}, stdinConsumed: () => {}, exit: () => {} };

export function program(argv: string[], change: Partial<GuestExec> = {}): GuestExec {
  const plain = { main: false, cwd: '', user: '', tty: false, stdin: false, size: null };
  return { session: randomBytes(8).toString('hex'), argv, env: ['PATH=/bin:/usr/bin:/sbin'], ...plain, ...change };
}
