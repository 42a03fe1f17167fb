/**
 * Frames on the agent's port, little endian: magic u32, payload length u32, stream u32, kind u8, 3 zero bytes, crc u32
 * over the first 16 bytes and the payload, payload. images/agent/frame.go is the other end and says why this crc.
 */
import { crc32 } from 'node:zlib';

/** "mvmf" */
const MAGIC = 0x666d766d;
const HEADER = 20;
/** The agent's largest payload of any kind; of what the host sends, control alone may be larger. */
const MAX_RECEIVED = 64 * 1024 + 16;

export const FrameKind = { control: 1, data: 2, end: 3, credit: 4, resume: 5 } as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

export interface AgentFrame {
  kind: FrameKind;
  stream: number;
  payload: Buffer;
}

export function encodeControl(message: object): Buffer {
  return encode(FrameKind.control, 0, Buffer.from(JSON.stringify(message)));
}

/** A position, and for data the bytes that begin there. */
export function encodePosition(kind: FrameKind, stream: number, position: number, bytes?: Uint8Array): Buffer {
  const payload = Buffer.allocUnsafe(8 + (bytes?.length ?? 0));
  payload.writeBigUInt64LE(BigInt(position), 0);
  if (bytes) payload.set(bytes, 8);
  return encode(kind, stream, payload);
}

function encode(kind: FrameKind, stream: number, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEADER + payload.length);
  frame.writeUInt32LE(MAGIC, 0);
  frame.writeUInt32LE(payload.length, 4);
  frame.writeUInt32LE(stream, 8);
  frame.writeUInt32LE(kind, 12);
  frame.writeUInt32LE(crc32(payload, crc32(frame.subarray(0, 16))), 16);
  payload.copy(frame, HEADER);
  return frame;
}

/** The position that every payload but control's begins with; null when there is none. */
export function positionOf({ payload }: AgentFrame): number | null {
  if (payload.length < 8) return null;
  const position = payload.readBigUInt64LE(0);
  return position <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(position) : null;
}

/** Finds frames in what the port delivers; garbage and torn frames are passed over. */
export class FrameDecoder {
  #rest: Buffer = Buffer.alloc(0);

  /** Payloads are views of `chunk` where a frame lies in it whole. */
  *push(chunk: Buffer): Generator<AgentFrame> {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = bytes;
    for (;;) {
      const found = next(bytes);
      bytes = bytes.subarray(found.used);
      // Kept before the frame is handed out: who takes it may never ask for another.
      this.#rest = bytes;
      if (found.frame) yield found.frame;
      else return;
    }
  }
}

/** The first whole frame, and how many bytes are done with; without a frame, those that surely belong to none. */
function next(bytes: Buffer): { frame: AgentFrame | null; used: number } {
  let at = 0;
  while (bytes.length - at >= HEADER) {
    if (bytes.readUInt32LE(at) !== MAGIC) {
      at = seek(bytes, at + 1);
      continue;
    }
    const length = bytes.readUInt32LE(at + 4);
    const kind = bytes.readUInt32LE(at + 12);
    const plausible = kind >= FrameKind.control && kind <= FrameKind.resume && length <= MAX_RECEIVED;
    if (plausible && bytes.length - at < HEADER + length) return { frame: null, used: at };
    const payload = bytes.subarray(at + HEADER, at + HEADER + length);
    if (plausible && crc32(payload, crc32(bytes.subarray(at, at + 16))) === bytes.readUInt32LE(at + 16)) {
      const frame = { kind: kind as FrameKind, stream: bytes.readUInt32LE(at + 8), payload };
      return { frame, used: at + HEADER + length };
    }
    at = seek(bytes, at + 1);
  }
  return { frame: null, used: at };
}

const MAGIC_BYTES = Buffer.from('mvmf');

/** Where the next magic may begin. */
function seek(bytes: Buffer, from: number): number {
  const found = bytes.indexOf(MAGIC_BYTES, from);
  return found >= 0 ? found : Math.max(from, bytes.length - MAGIC_BYTES.length + 1);
}
