/** A stream of frames as its reader: it gives credit, and more of it as bytes are really taken. */
import type { Bridge, OpenStream } from '../../vmm/contract/bridge.ts';
import type { InputOf, StreamName } from '../../vmm/contract/operations.ts';
import {
  type ClientControl,
  CONTROL,
  decodeFrame,
  encodeControl,
  type OutputChannel,
  type ServiceControl,
  STDERR,
  STDIN,
  STDOUT,
  WINDOW,
} from '../../vmm/contract/stream.ts';
import type { ErrorBody } from '../../vmm/contract/types.ts';

export interface OutputReader {
  control?(message: ServiceControl): void;
  /** `taken` is called when the bytes are where they belong; until then the service sends a window at most */
  bytes(channel: OutputChannel, bytes: Uint8Array, taken: () => void): void;
  /** null after a good end */
  closed(error: ErrorBody | null): void;
}

/** `first` says what the stream is for, where it needs a word. */
export function readOutput<Name extends StreamName>(
  bridge: Bridge,
  name: Name,
  input: InputOf<Name>,
  first: ClientControl | null,
  reader: OutputReader,
): OpenStream {
  let refused: ErrorBody | null = null;
  const stream: OpenStream = bridge.open(name, input, {
    message(data) {
      const frame = typeof data === 'string' ? null : decodeFrame<ServiceControl>(data);
      if (!frame || (frame.channel !== CONTROL && frame.channel === STDIN)) return stream.close();
      if (frame.channel === CONTROL) {
        if (frame.control.type === 'error') refused = frame.control.error;
        reader.control?.(frame.control);
      } else if (frame.bytes.length > 0) {
        const { channel, bytes } = frame;
        reader.bytes(channel, bytes, () => stream.send(credit(channel, bytes.length)));
      }
    },
    closed: ({ code, error }) => reader.closed(refused ?? (code === 1000 ? null : error)),
  });
  if (first) stream.send(encodeControl(first));
  for (const channel of [STDOUT, STDERR] as const) stream.send(credit(channel, WINDOW));
  return stream;
}

const credit = (channel: OutputChannel, bytes: number): Uint8Array => encodeControl({ type: 'credit', channel, bytes });
