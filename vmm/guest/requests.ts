/** Questions to the agent and their answers. */
import { MvmError } from '../contract/errors.ts';
import { type Fields, readError } from './checks.ts';

/** How long an answer may take, ms: ending programs and mounting a disk on a busy host is slow. */
const DEADLINE_MS = 60_000;

interface Waiting {
  answer(reply: Fields): void;
  reject(reason: unknown): void;
}

export class Requests {
  readonly #send: (message: object) => void;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #failure: unknown = null;

  constructor(send: (message: object) => void) {
    this.#send = send;
  }

  /** `read` runs in the moment in which the answer comes: the next frame may be about what it names. */
  async ask<Result = Fields>(
    op: string,
    fields: object = {},
    read: (reply: Fields) => Result = (reply) => reply as Result,
  ): Promise<Result> {
    if (this.#failure !== null) throw this.#failure;
    const id = ++this.#last;
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const deadline = setTimeout(() => reject(silent(op)), DEADLINE_MS);
    this.#waiting.set(id, { answer: (reply) => resolve(read(reply)), reject });
    this.#send({ ...fields, id, op });
    try {
      return await promise;
    } finally {
      clearTimeout(deadline);
      this.#waiting.delete(id);
    }
  }

  /** An answer to nobody is dropped: whoever asked gave up. */
  answer(reply: Fields): void {
    const waiting = typeof reply.id === 'number' ? this.#waiting.get(reply.id) : undefined;
    if (reply.ok === true) waiting?.answer(reply);
    else waiting?.reject(readError(reply.error));
  }

  fail(reason: unknown): void {
    this.#failure ??= reason;
    for (const { reject } of this.#waiting.values()) reject(reason);
  }
}

const silent = (op: string): MvmError =>
  new MvmError('agent.silent', `the guest's agent did not answer '${op}' within ${DEADLINE_MS / 1000} s`);
