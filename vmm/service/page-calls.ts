/** The calls of a page in a browser: over a WebSocket, in whatever order they are answered. */
import type { RawData, WebSocket } from 'ws';
import { MvmError, toBody } from '../contract/errors.ts';
import { type CallName, operations } from '../contract/operations.ts';
import type { PageAnswer, PageCall } from '../contract/page-door.ts';
import { objectIn } from './known-pages.ts';
import { clientLeft } from './refusals.ts';
import { type Handling, perform } from './server.ts';

/** What a page in a browser has no business with. */
const NOT_FOR_PAGES: readonly CallName[] = ['shutdown', 'openPage'];

interface PageCallsOptions {
  handling: Handling;
  /** a call that it has no business with */
  refuse(what: string): MvmError;
}

export function answerCalls(client: WebSocket, { handling, refuse }: PageCallsOptions): void {
  const send = (answer: PageAnswer): void => client.send(JSON.stringify(answer));
  const leaving = new AbortController();
  client.on('close', () => leaving.abort(clientLeft()));
  const take = async (data: RawData): Promise<void> => {
    const { id = 0, name, input } = objectIn(data) as Partial<PageCall>;
    try {
      if (!isCall(name)) throw new MvmError('request.unknown', `there is no call '${name}'`);
      if (NOT_FOR_PAGES.includes(name)) throw refuse(`for ${name}`);
      send({ type: 'answer', id, output: await perform(handling, name, input, leaving.signal) });
    } catch (error) {
      if (!(error instanceof MvmError)) handling.log(`${name}: ${(error as Error).stack}`);
      send({ type: 'refusal', id, error: toBody(error) });
    }
  };
  client.on('message', (data) => void take(data));
}

const isCall = (name: unknown): name is CallName =>
  typeof name === 'string' && Object.hasOwn(operations, name) && operations[name as CallName].kind === 'call';
