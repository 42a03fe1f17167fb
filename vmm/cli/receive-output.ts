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
  /** `at` is when it was printed, null where that is not known; rejects when nobody reads any more */
  take: (channel: OutputChannel, bytes: Buffer, at: number | null) => Promise<void>,
): Promise<void> {
  const socket = await openStream(context.service, name, input);
  const grant = (channel: OutputChannel, bytes: number) =>
    socket.send(encodeControl({ type: 'credit', channel, bytes }), () => undefined);
  // Nobody reads any more; if that is a failure, the stream's own error tells.
  const leave = () => socket.close(1000);
  let written = Promise.resolve();
  const at: Record<OutputChannel, number | null> = { [STDOUT]: null, [STDERR]: null };
  await new Promise<void>((resolve, reject) => {
    socket.on('message', (data: Buffer) => {
      const frame = decodeFrame<ServiceControl>(data);
      if (!frame || frame.channel === STDIN) return;
      if (frame.channel === CONTROL) {
        const { control } = frame;
        if (control.type === 'error') reject(fromBody(control.error));
        if (control.type === 'written') at[control.channel] = control.at;
        return;
      }
      const { channel, bytes } = frame;
      written = take(channel, data.subarray(1), at[channel]).then(() => grant(channel, bytes.length), leave);
    });
    socket.on('close', (code) => {
      if (code === 1000) written.then(resolve);
      else reject(new MvmError('service.lost', 'the connection to the mvm service was lost', { hint: 'Try again.' }));
    });
    grant(STDOUT, WINDOW);
    grant(STDERR, WINDOW);
  });
}
