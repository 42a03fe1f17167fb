/** Takes recorded output from the service, granting credit as it is written. */
import { fromBody } from '../client/connect.ts';
import { openStream } from '../client/stream.ts';
import { MvmError } from '../contract/errors.ts';
import type { InputOf } from '../contract/operations.ts';
import {
  CONTROL,
  decodeFrame,
  encodeControl,
  type OutputChannel,
  type ServiceControl,
  STDERR,
  STDIN,
  STDOUT,
  WINDOW,
} from '../contract/stream.ts';
import type { Context } from './command.ts';

export async function receiveOutput<Name extends 'logs' | 'console'>(
  context: Context,
  name: Name,
  input: InputOf<Name>,
  take: (channel: OutputChannel, bytes: Buffer) => void,
): Promise<void> {
  const socket = await openStream(context.service, name, input);
  const grant = (channel: OutputChannel, bytes: number) =>
    socket.send(encodeControl({ type: 'credit', channel, bytes }));
  await new Promise<void>((resolve, reject) => {
    socket.on('message', (data: Buffer) => {
      const frame = decodeFrame<ServiceControl>(data);
      if (!frame || frame.channel === STDIN) return;
      if (frame.channel === CONTROL) {
        if (frame.control.type === 'error') reject(fromBody(frame.control.error));
        return;
      }
      take(frame.channel, data.subarray(1));
      grant(frame.channel, frame.bytes.length);
    });
    socket.on('close', (code) => {
      if (code === 1000) resolve();
      else reject(new MvmError('service.lost', 'the connection to the mvm service was lost'));
    });
    context.stdout.on('error', () => {
      socket.close(1000);
      resolve();
    });
    grant(STDOUT, WINDOW);
    grant(STDERR, WINDOW);
  });
}
