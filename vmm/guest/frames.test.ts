import { expect, test } from 'vitest';
import { encodeControl, encodeData, encodePosition, FrameDecoder, MAX_GUEST_PAYLOAD, streamOf } from './frames.ts';

const blob = Buffer.from('mvmf'.repeat(2000));
const wire = Buffer.concat([
  encodeControl({ op: 'ping', id: 1 }),
  ...encodeData(streamOf(5, 'stdout'), 2 ** 33 + 1, blob),
  encodePosition('credit', streamOf(6, 'stdin'), 2 ** 53 - 1),
  encodePosition('end', streamOf(5, 'stderr'), 0),
]);
const frames = [
  { kind: 'control', text: Buffer.from('{"op":"ping","id":1}') },
  { kind: 'data', program: 5, channel: 'stdout', position: 2 ** 33 + 1, bytes: blob },
  { kind: 'credit', program: 6, channel: 'stdin', position: 2 ** 53 - 1 },
  { kind: 'end', program: 5, channel: 'stderr', position: 0 },
];

test.each([1, 3, 19, 20, 21, 28, 4096, 1e6])('finds frames in pieces of %d bytes', (size) => {
  const decoder = new FrameDecoder();
  const found = [];
  for (let at = 0; at < wire.length; at += size) found.push(...decoder.push(wire.subarray(at, at + size)));
  expect(found).toEqual(frames);
});

test.each([
  ['text', Buffer.from('mvm mvmf? no')],
  ['half a magic', Buffer.from('mv')],
  ['a frame with another byte', Buffer.from(wire).fill(0xff, 60, 61)],
  ['an unknown kind', Buffer.from(encodePosition('end', 4, 0)).fill(9, 12, 13)],
  ['a stream that no program has', encodePosition('end', 4, 0)],
])('skips %s between frames', (_, garbage) => {
  const found = new FrameDecoder().push(Buffer.concat([garbage, wire]));
  expect(found.slice(-frames.length)).toEqual(frames);
});

test('goes on after a frame that was cut off, once as many zeros came as a frame can have', () => {
  const decoder = new FrameDecoder();
  decoder.push(wire.subarray(0, 500));
  decoder.push(Buffer.alloc(MAX_GUEST_PAYLOAD + 20));
  expect(decoder.push(wire)).toEqual(frames);
  expect(decoder.rejected).toBeGreaterThan(0);
});

test('refuses positions that a number cannot hold', () => {
  const frame = encodePosition('end', streamOf(1, 'stdout'), 2 ** 53);
  expect(new FrameDecoder().push(frame)).toEqual([]);
});

test('passes bytes on without copying them', () => {
  const [head, bytes] = encodeData(streamOf(1, 'stdout'), 0, blob);
  const chunk = Buffer.concat([head, bytes]);
  const [frame] = new FrameDecoder().push(chunk);
  expect(frame?.kind === 'data' && frame.bytes.buffer === chunk.buffer).toBe(true);
});
