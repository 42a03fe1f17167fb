/** Opens streams of the service as WebSockets. */
import { connect } from 'node:net';
import type { WebSocket } from 'ws';
import type { MvmError } from '../contract/errors.ts';
import { addressOf, type InputOf, operations, type StreamName } from '../contract/operations.ts';
import type { ErrorBody } from '../contract/types.ts';
import { fromBody, type ServiceOptions, withService } from './connect.ts';

export function openStream<Name extends StreamName>(
  options: ServiceOptions,
  name: Name,
  input: InputOf<Name>,
  signal?: AbortSignal,
): Promise<WebSocket> {
  const { path, rest } = addressOf(operations[name].path, input as Record<string, unknown>);
  const url = new URL(path, 'ws://mvm');
  for (const [key, value] of Object.entries(rest)) if (value !== undefined) url.searchParams.set(key, String(value));
  return withService(options, (socketPath) => open(socketPath, url, signal));
}

async function open(socketPath: string, url: URL, signal?: AbortSignal): Promise<WebSocket> {
  // A fifth of what Node itself takes to start, which only those pay who open a stream.
  const ws = await import('ws');
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = new ws.WebSocket(url, { createConnection: () => connect(socketPath), perMessageDeflate: false });
    socket.binaryType = 'nodebuffer';
    socket.once('open', () => {
      socket.off('error', reject);
      // What follows is told by `close`; an error without a listener would end the process.
      socket.on('error', () => socket.terminate());
      // The first message may have come with the answer: it waits until whoever awaits the stream listens.
      socket.pause();
      setImmediate(() => socket.resume());
      resolve(socket);
    });
    socket.once('unexpected-response', (_, response) => {
      refusal(response).then(reject, reject);
      response.once('close', () => socket.terminate());
    });
    socket.once('error', reject);
    signal?.addEventListener('abort', () => socket.readyState === socket.CONNECTING && socket.terminate());
  });
}

/** Why the service opens no stream there, in its own words. */
async function refusal(response: AsyncIterable<Buffer>): Promise<MvmError> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const { error } = JSON.parse(Buffer.concat(chunks).toString()) as { error: ErrorBody };
  return fromBody(error);
}
