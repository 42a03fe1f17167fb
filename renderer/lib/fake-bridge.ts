/** A bridge for the tests of state classes: the test is the service. */

import type { Bridge, OpenStream, StreamHandlers } from '../../vmm/contract/bridge.ts';
import { exampleMachine } from '../../vmm/contract/example-machine.ts';
import type { CallName, StreamName } from '../../vmm/contract/operations.ts';
import {
  type ByteChannel,
  type ClientControl,
  CONTROL,
  decodeFrame,
  encodeBytes,
  encodeControl,
  type ServiceControl,
} from '../../vmm/contract/stream.ts';
import type { ErrorBody, Machine, ServiceEvent } from '../../vmm/contract/types.ts';

export class FakeStream implements OpenStream {
  readonly name: StreamName;
  readonly input: object;
  readonly #handlers: StreamHandlers;
  readonly frames: Uint8Array[] = [];
  isClosed = false;

  constructor(name: StreamName, input: object, handlers: StreamHandlers) {
    this.name = name;
    this.input = input;
    this.#handlers = handlers;
  }

  send(frame: Uint8Array): void {
    this.frames.push(frame);
  }

  close(): void {
    this.isClosed = true;
  }

  /** What the window said in words. */
  get said(): ClientControl[] {
    return this.frames.flatMap((frame) => {
      const decoded = decodeFrame<ClientControl>(frame);
      return decoded?.channel === CONTROL ? [decoded.control] : [];
    });
  }

  event(event: ServiceEvent): void {
    this.#handlers.message(JSON.stringify(event));
  }

  control(message: ServiceControl): void {
    this.#handlers.message(encodeControl(message));
  }

  bytes(channel: ByteChannel, text: string): void {
    this.#handlers.message(encodeBytes(channel, new TextEncoder().encode(text)));
  }

  end(code = 1000, error: ErrorBody | null = null): void {
    this.#handlers.closed({ code, error });
  }
}

export class FakeBridge implements Bridge {
  readonly platform = 'linux';
  readonly version = '0.0.0';
  readonly desktop = null;
  readonly streams: FakeStream[] = [];
  readonly calls: { name: CallName; input: object }[] = [];
  readonly answers: Partial<Record<CallName, unknown>> = {};

  call: Bridge['call'] = async (name, input) => {
    this.calls.push({ name, input });
    if (name in this.answers) return this.answers[name] as never;
    throw { code: 'test.unanswered', message: `nobody answers ${name}` };
  };

  open: Bridge['open'] = (name, input, handlers) => {
    const stream = new FakeStream(name, input, handlers);
    this.streams.push(stream);
    return stream;
  };

  onCommand = (): (() => void) => () => undefined;
  pathOf = (): null => null;

  get last(): FakeStream {
    const stream = this.streams.at(-1);
    if (!stream) throw new Error('the window opened no stream');
    return stream;
  }
}

export function snapshot(more: Partial<Extract<ServiceEvent, { type: 'snapshot' }>> = {}): ServiceEvent {
  const version = { version: '0.0.0', runtime: '', pid: 1, home: '/', entry: '', builtAt: 0 };
  return { type: 'snapshot', revision: 1, version, settings: {}, machines: [], images: [], terminals: [], ...more };
}

export const machine = (id: string, more: Partial<Machine> = {}): Machine =>
  exampleMachine(id, { id, created: 0, ...more });
