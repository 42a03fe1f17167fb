/**
 * Cuts a zstd stream behind each of its frames (https://www.rfc-editor.org/rfc/rfc8878). Node's decompressor takes
 * frame after frame, but silently ends at one that does not end its chunk: https://github.com/nodejs/node's
 * lib/zlib.js, processCallback. Layers of several frames are common: pzstd, zstd:chunked, concatenation.
 */
import { Transform } from 'node:stream';

export function cutFrames(): Transform {
  let step: Step = FRAME;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        let begin = 0;
        for (let at = 0; at < chunk.length; ) {
          const part = chunk.subarray(at, at + step.left);
          at += part.length;
          step = step.next(part);
          if (step !== FRAME) continue;
          this.push(chunk.subarray(begin, at));
          begin = at;
        }
        if (begin < chunk.length) this.push(chunk.subarray(begin));
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

/** So many bytes are still to come, at least one; each part of them leads on. */
interface Step {
  left: number;
  next(part: Buffer): Step;
}

function skip(size: number, then: Step): Step {
  if (size === 0) return then;
  return { left: size, next: (part) => skip(size - part.length, then) };
}

function take(size: number, then: (bytes: Buffer) => Step, taken: Buffer = Buffer.alloc(0)): Step {
  const next = (part: Buffer): Step => {
    const bytes = Buffer.concat([taken, part]);
    return bytes.length < size ? take(size, then, bytes) : then(bytes);
  };
  return { left: size - taken.length, next };
}

/** The one step between two frames. */
const FRAME: Step = take(4, (magic) => {
  if (magic.readUInt32LE() === 0xfd2fb528) return take(1, (descriptor) => header(descriptor.readUInt8()));
  if ((magic.readUInt32LE() & 0xfffffff0) === 0x184d2a50) return take(4, (size) => skip(size.readUInt32LE(), FRAME));
  throw damaged('a frame begins with an unknown number');
});

/** How long the rest of a frame's header is: a window's byte, a dictionary's id, the contents' size. */
function header(descriptor: number): Step {
  const isSingle = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] as number;
  const contents = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] as number;
  const checksum = (descriptor & 4) !== 0 ? 4 : 0;
  return skip((isSingle ? 0 : 1) + dictionary + contents, block(checksum));
}

const RLE = 1;

function block(checksum: number): Step {
  return take(3, (bytes) => {
    const fields = bytes.readUIntLE(0, 3);
    const type = (fields >> 1) & 3;
    if (type === 3) throw damaged('a block is of a reserved type');
    const size = type === RLE ? 1 : fields >> 3;
    return (fields & 1) === 1 ? skip(size + checksum, FRAME) : skip(size, block(checksum));
  });
}

/** With a code as the decompressor's own errors have. */
function damaged(message: string): Error {
  return Object.assign(new Error(message), { code: 'ZSTD_error_corruption_detected' });
}
