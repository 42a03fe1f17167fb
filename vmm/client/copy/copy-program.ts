/** The machine's side of a copy: a program of its agent, followed to its end over a service that may die meanwhile. */
import { randomBytes } from 'node:crypto';
import { MvmError } from '../../contract/errors.ts';
import type { CopyInRequest, CopyOutRequest } from '../../contract/files.ts';
import { type CopyRequest, STDERR } from '../../contract/stream.ts';
import type { ServiceOptions } from '../connect.ts';
import { Program } from '../program.ts';
import { openStream } from '../stream.ts';
import { GuestWords } from './guest-words.ts';
import type { Tally } from './tally.ts';

export interface CopyOptions {
  service: ServiceOptions;
  machine: string;
  /** in the machine */
  path: string;
  tally: Tally;
  /** gives the copy up; what is not whole then goes away */
  signal?: AbortSignal;
}

type Wanted =
  | { type: 'copy-out'; request: Omit<CopyOutRequest, 'id'> }
  | { type: 'copy-in'; request: Omit<CopyInRequest, 'id'> };

interface Ends {
  /** takes what comes out; a failure ends the copy */
  output?(bytes: Buffer): Promise<void> | void;
  onStarted?(program: Program): void;
}

/** How long the other side may take to end in order, ms. */
const LEAVE_MS = 2_000;

/** Resolves when the machine's side has done all it could. @throws MvmError when it broke off, or the signal's reason */
export async function runCopy(options: CopyOptions, wanted: Wanted, ends: Ends): Promise<void> {
  const { service, machine, tally, signal } = options;
  const id = randomBytes(16).toString('hex');
  const words = new GuestWords(tally);
  let failure: unknown = null;
  const program = new Program({
    begin: (giveUp) =>
      wanted.type === 'copy-out'
        ? openStream(service, 'copyOut', { machine }, giveUp)
        : openStream(service, 'copyIn', { machine }, giveUp),
    first: { type: wanted.type, request: { ...wanted.request, id } } as CopyRequest,
    resume: () => openStream(service, 'session', { session: id }),
    async output(channel, bytes) {
      // What is still under way when one piece was refused must not be taken for what follows it.
      if (failure !== null) return;
      try {
        if (channel === STDERR) words.hear(bytes);
        else await ends.output?.(bytes);
        tally.tell();
      } catch (error) {
        failure ??= error;
        leave(program);
        throw error;
      }
    },
    onStarted: () => ends.onStarted?.(program),
  });
  const giveUp = () => {
    // The archive's early end lets the machine's side clear up by itself.
    program.endStdin();
    if (wanted.type === 'copy-out') leave(program);
    else setTimeout(() => leave(program), LEAVE_MS).unref();
  };
  if (signal?.aborted) giveUp();
  signal?.addEventListener('abort', giveUp, { once: true });
  const end = await program.run();
  signal?.removeEventListener('abort', giveUp);
  if (failure !== null) throw failure;
  signal?.throwIfAborted();
  if (end === null || end === 'detached') throw new MvmError('copy.failed', 'the copy was given up');
  if (words.worst && end.exit.code !== 0) throw words.worst;
  if (end.exit.code === LEFT_OUT && tally.leftOutCount > 0) return;
  if (end.exit.code !== 0)
    throw new MvmError(
      'copy.failed',
      `machine ${machine} ended its side of the copy (${end.exit.signal ?? end.exit.code})`,
    );
}

/** Says goodbye, so that the service ends the machine's side; one that does not answer is left without. */
function leave(program: Program): void {
  program.abort();
  setTimeout(() => program.abort(), LEAVE_MS).unref();
}

/** Exit code of a copy that left something out: see CopyOutRequest. */
const LEFT_OUT = 2;
