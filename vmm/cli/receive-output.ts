/** Takes recorded output from the service, granting credit as it is written, and goes on when another service must. */
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

interface Receiver {
  /** `at` is when it was printed, null where that is not known; rejects when nobody reads any more */
  take(channel: OutputChannel, bytes: Buffer, at: number | null): Promise<void>;
  control?(message: ServiceControl): void;
}

/** Services that may die in a row without a byte from one of them. */
const MOST_BREAKS = 3;

/** A log that is followed goes on where it was when the service dies under it: the guest ran on. */
export async function receiveLog(context: Context, input: InputOf<'logs'>, take: Receiver['take']): Promise<void> {
  if (!input.follow) return receiveOutput(context, 'logs', input, { take });
  const { tail, ...onwards } = input;
  let reached: Record<OutputChannel, number> | null = null;
  let breaks = 0;
  const receiver: Receiver = {
    take(channel, bytes, at) {
      breaks = 0;
      if (reached) reached[channel] += bytes.length;
      return take(channel, bytes, at);
    },
    control(message) {
      if (message.type === 'recording') reached = { [STDOUT]: message.stdout, [STDERR]: message.stderr };
      if (message.type === 'written' && reached) reached[message.channel] = message.position;
    },
  };
  const rest = (): InputOf<'logs'> =>
    reached ? { ...onwards, stdout: reached[STDOUT], stderr: reached[STDERR] } : input;
  for (;;) {
    try {
      return await receiveOutput(context, 'logs', { ...rest(), times: true }, receiver);
    } catch (error) {
      if (!(error instanceof MvmError) || error.code !== 'service.lost' || ++breaks > MOST_BREAKS) throw error;
    }
  }
}

export async function receiveOutput<Name extends 'logs' | 'console'>(
  context: Context,
  name: Name,
  input: InputOf<Name>,
  { take, control }: Receiver,
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
        const message = frame.control;
        if (message.type === 'error') reject(fromBody(message.error));
        if (message.type === 'written') at[message.channel] = message.at;
        control?.(message);
        return;
      }
      const { channel, bytes } = frame;
      written = take(channel, data.subarray(1), at[channel]).then(() => grant(channel, bytes.length), leave);
    });
    socket.on('close', async (code) => {
      await written;
      if (code === 1000) resolve();
      else reject(new MvmError('service.lost', 'the connection to the mvm service was lost', { hint: 'Try again.' }));
    });
    grant(STDOUT, WINDOW);
    grant(STDERR, WINDOW);
  });
}
