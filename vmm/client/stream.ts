/** Opens streams of the service as WebSockets. */
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { addressOf, type InputOf, operations, type StreamName } from '../contract/operations.ts';
import { type ServiceOptions, withService } from './connect.ts';

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
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { createConnection: () => connect(socketPath), perMessageDeflate: false });
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
    socket.once('error', reject);
    signal?.addEventListener('abort', () => socket.readyState === socket.CONNECTING && socket.terminate());
  });
}
