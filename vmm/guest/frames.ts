/**
 * Frames on the agent's port, little endian, as images/agent/frame.go has them on the guest's side:
 *
 *     magic u32 · length of the payload u32 · stream u32 · kind u8 · 3 zero bytes · crc u32 · payload
 *
 * The crc covers the first 16 bytes and the payload; why it is zlib's says frame.go.
 */
import { crc32 } from 'node:zlib';
import { MAX_CONTROL, MAX_PAYLOAD } from '../contract/stream.ts';

export type Frame =
  | { kind: 'control'; text: Buffer }
  | ({ kind: 'data'; bytes: Buffer } & Place)
  | ({ kind: PositionKind } & Place);

/** A position in a stream of a program. */
interface Place {
  program: number;
  channel: Channel;
  position: number;
}

export type Channel = keyof typeof channels;

/** A stream's number is its program's times four and one of these. */
const channels = { stdin: 1, stdout: 2, stderr: 3 } as const;
const channelNames = [null, 'stdin', 'stdout', 'stderr'] as const;

export const streamOf = (program: number, channel: Channel): number => program * 4 + channels[channel];

/** `end`: the stream ends here · `credit`: consumed and recorded up to here · `resume`: send again from here */
export type PositionKind = 'end' | 'credit' | 'resume';

const HEADER = 20;
const POSITION = 8;

/** Largest payload from the guest, of any kind. */
export const MAX_GUEST_PAYLOAD = MAX_PAYLOAD + 16;

/** Bytes of a stream in one frame to the guest: half of a frame's limit lets streams take turns more often. */
export const CHUNK = MAX_PAYLOAD / 2;

const MAGIC = Buffer.from('mvmf');
const kinds = { control: 1, data: 2, end: 3, credit: 4, resume: 5 } as const;

/**
 * Ends whatever frame an earlier connection may have begun and not finished: the agent takes this for the rest of it,
 * finds the checksum wrong, and looks for the next frame.
 */
export const flush = (): Buffer => Buffer.alloc(HEADER + MAX_CONTROL);

export function encodeControl(message: object): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  const head = header(kinds.control, 0, text.length);
  head.writeUInt32LE(crc32(text, crc32(head.subarray(0, 16))), 16);
  return Buffer.concat([head, text]);
}

export function encodePosition(kind: PositionKind, stream: number, position: number): Buffer {
  return positioned(kinds[kind], stream, position, new Uint8Array());
}

/** The frame in two pieces, so that the bytes are not copied. */
export function encodeData(stream: number, position: number, bytes: Uint8Array): [Buffer, Uint8Array] {
  return [positioned(kinds.data, stream, position, bytes), bytes];
}

function positioned(kind: number, stream: number, position: number, bytes: Uint8Array): Buffer {
  const head = Buffer.concat([header(kind, stream, POSITION + bytes.length), Buffer.alloc(POSITION)]);
  head.writeUInt32LE(position % 2 ** 32, HEADER);
  head.writeUInt32LE(Math.floor(position / 2 ** 32), HEADER + 4);
  const crc = crc32(head.subarray(HEADER), crc32(head.subarray(0, 16)));
  head.writeUInt32LE(crc32(bytes, crc), 16);
  return head;
}

function header(kind: number, stream: number, length: number): Buffer {
  const head = Buffer.alloc(HEADER);
  MAGIC.copy(head);
  head.writeUInt32LE(length, 4);
  head.writeUInt32LE(stream, 8);
  head[12] = kind;
  return head;
}

/** Finds frames in what a socket delivers; what is none is skipped. Payloads are views of the chunks. */
export class FrameDecoder {
  /** the beginning of a frame, or fewer bytes than tell whether one begins */
  #begun: Buffer = Buffer.alloc(0);
  /** places that looked like a frame and were none */
  rejected = 0;

  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = [];
    let rest = chunk;
    while (this.#begun.length > 0 && rest.length > 0) {
      const missing = frameLength(this.#begun) - this.#begun.length;
      const joined = Buffer.concat([this.#begun, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      this.#begun = this.#scan(joined, frames);
    }
    if (rest.length > 0) this.#begun = this.#scan(rest, frames);
    return frames;
  }

  /** Takes all whole frames and returns what must wait for more. */
  #scan(bytes: Buffer, frames: Frame[]): Buffer {
    let rest = seek(bytes);
    while (rest.length >= HEADER && rest.length >= frameLength(rest)) {
      const frame = readFrame(rest);
      if (frame) frames.push(frame);
      else this.rejected++;
      rest = seek(rest.subarray(frame ? frameLength(rest) : 1));
    }
    return rest;
  }
}

/** From the next magic on, or from where the end may be the beginning of one. */
function seek(bytes: Buffer): Buffer {
  if (bytes.length < MAGIC.length) return bytes;
  const at = bytes.indexOf(MAGIC);
  return bytes.subarray(at >= 0 ? at : bytes.length - MAGIC.length + 1);
}

/** Whole length of the frame that begins here, as far as can be told; no more than a header when it is implausible. */
function frameLength(bytes: Buffer): number {
  if (bytes.length < HEADER) return HEADER;
  const length = bytes.readUInt32LE(4);
  return length <= MAX_GUEST_PAYLOAD ? HEADER + length : HEADER;
}

function readFrame(bytes: Buffer): Frame | null {
  const length = bytes.readUInt32LE(4);
  const [kind, zeros] = [bytes[12], bytes.readUIntLE(13, 3)];
  if (length > MAX_GUEST_PAYLOAD || zeros !== 0) return null;
  const payload = bytes.subarray(HEADER, HEADER + length);
  if (crc32(payload, crc32(bytes.subarray(0, 16))) !== bytes.readUInt32LE(16)) return null;
  if (kind === kinds.control) return { kind: 'control', text: payload };
  const place = readPlace(bytes.readUInt32LE(8), payload);
  if (!place) return null;
  switch (kind) {
    case kinds.data:
      return { kind: 'data', ...place, bytes: payload.subarray(POSITION) };
    case kinds.end:
      return { kind: 'end', ...place };
    case kinds.credit:
      return { kind: 'credit', ...place };
    case kinds.resume:
      return { kind: 'resume', ...place };
    default:
      return null;
  }
}

function readPlace(stream: number, payload: Buffer): Place | null {
  const channel = channelNames[stream % 4];
  if (!channel || payload.length < POSITION) return null;
  const position = payload.readUInt32LE(0) + payload.readUInt32LE(4) * 2 ** 32;
  return Number.isSafeInteger(position) ? { program: Math.floor(stream / 4), channel, position } : null;
}
