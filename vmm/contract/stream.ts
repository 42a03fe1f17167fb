/**
 * One framing for every stream, whatever carries it: `[u8 channel][payload]`, one frame a message.
 *
 * Channel 0 carries JSON control messages. Channels 1 to 3 carry bytes; a frame without payload closes its channel.
 * Nobody sends bytes without credit: a receiver grants the window once, then what it has consumed, so at most
 * `WINDOW` bytes of a channel are under way. Both outputs come in the order in which they were read, so what waits for a
 * channel's first grant holds up the other channel too; a recording keeps that order to its end. Bytes of a channel are
 * counted from 0 at the program's start, and both ends can name a position after a broken connection (`resume`). `exit`
 * comes after both outputs closed.
 */
import type { CopyInRequest, CopyOutRequest } from './files.ts';
import type { ErrorBody, ExecRequest, Image, ProgramExit, RunRequest, TerminalSize, Timeline } from './types.ts';

export const CONTROL = 0;
export const STDIN = 1;
export const STDOUT = 2;
export const STDERR = 3;

export type OutputChannel = typeof STDOUT | typeof STDERR;
export type ByteChannel = typeof STDIN | OutputChannel;

/** Most bytes of one channel that may be under way, 256 KiB: the agent keeps as much for sending again. */
export const WINDOW = 256 * 1024;

/** Largest payload of one frame, 64 KiB. */
export const MAX_PAYLOAD = 64 * 1024;

/** Largest control message, 1 MiB: argument lists and environments are of that order (Linux allows 2 MiB in all). */
export const MAX_CONTROL = 1024 * 1024;

export type ClientControl =
  | { type: 'run'; request: RunRequest }
  | { type: 'exec'; request: ExecRequest }
  /** `size` of its terminal, if the program has one */
  | { type: 'start'; size: TerminalSize | null }
  | { type: 'copy-out'; request: CopyOutRequest }
  | { type: 'copy-in'; request: CopyInRequest }
  /** positions up to which the client has consumed the outputs */
  | { type: 'resume'; stdout: number; stderr: number }
  /** `from`: positions up to which it has them already; null for the last `tail` bytes of what is kept */
  | {
      type: 'attach';
      from: { stdout: number; stderr: number } | null;
      tail: number;
      /** it will send on stdin, if that is connected */
      stdin: boolean;
      /** of its terminal; the program draws anew */
      size: TerminalSize | null;
    }
  /** leave the program running; answered with `detached` */
  | { type: 'detach' }
  | { type: 'credit'; channel: OutputChannel; bytes: number }
  | { type: 'signal'; signal: string }
  | { type: 'resize'; size: TerminalSize };

export type CopyRequest = Extract<ClientControl, { type: 'copy-out' | 'copy-in' }>;

export type ServiceControl =
  | { type: 'progress'; step: string; done?: number; total?: number }
  | { type: 'started'; machine: string; name: string; session: string }
  /** answer to `resume`: the position from which stdin continues */
  | { type: 'resumed'; machine: string; name: string; session: string; stdin: number }
  | Attached
  /** so many bytes of an output are not kept any more: the next ones stand after them */
  | { type: 'skipped'; channel: OutputChannel; bytes: number }
  /** of a recording that is followed, first: positions from which on it is sent */
  | { type: 'recording'; stdout: number; stderr: number }
  /** of a recording whose times were asked for: the next bytes of this output stand there and were printed at this time */
  | { type: 'written'; channel: OutputChannel; at: number; position: number }
  | { type: 'detached' }
  /** `position`: where in the program's stdin the bytes end that were taken, for others may send too */
  | { type: 'credit'; channel: typeof STDIN; bytes: number; position?: number }
  | { type: 'exit'; exit: ProgramExit; timeline: Timeline }
  | { type: 'imported'; images: Image[] }
  | { type: 'error'; error: ErrorBody };

/** Answer to `attach`. */
export interface Attached {
  type: 'attached';
  /** null for a terminal of this host */
  machine: string | null;
  name: string;
  session: string;
  /** the machine's own program */
  main: boolean;
  tty: boolean;
  /** where what the client sends goes on in the program's stdin; null when it may not send */
  stdin: number | null;
  /** positions of the first bytes that follow */
  stdout: number;
  stderr: number;
  /** positions up to which it is scrollback, printed before this client came */
  recorded: { stdout: number; stderr: number };
}

export type Frame<Control> =
  | { channel: typeof CONTROL; control: Control }
  | { channel: ByteChannel; bytes: Uint8Array };

export function encodeControl(control: ClientControl | ServiceControl): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(control));
  return encodeBytes(CONTROL, text);
}

/** A frame of at most `MAX_PAYLOAD` bytes; an empty one closes the channel. */
export function encodeBytes(channel: number, bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(1 + bytes.length);
  frame[0] = channel;
  frame.set(bytes, 1);
  return frame;
}

/** Reads one frame; null when it is none, so that the reader closes the stream. */
export function decodeFrame<Control>(frame: Uint8Array): Frame<Control> | null {
  const channel = frame[0];
  const payload = frame.subarray(1);
  switch (channel) {
    case CONTROL:
      return payload.length <= MAX_CONTROL ? decodeControl<Control>(payload) : null;
    case STDIN:
    case STDOUT:
    case STDERR:
      return payload.length <= MAX_PAYLOAD ? { channel, bytes: payload } : null;
    default:
      return null;
  }
}

function decodeControl<Control>(payload: Uint8Array): Frame<Control> | null {
  try {
    const control: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    const isMessage = typeof control === 'object' && control !== null && 'type' in control;
    return isMessage ? { channel: CONTROL, control: control as Control } : null;
  } catch {
    // Not JSON: the caller treats null as a broken peer, which is all there is to know.
    return null;
  }
}
