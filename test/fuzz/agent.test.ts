/**
 * What a guest's agent may send, spoiled at random. The decoder finds what is whole whatever stands before it, and a
 * session ends with an MvmError or goes on; it never hands out bytes out of order, and nobody waits for ever.
 * `MVM_FUZZ` is the number of cases, `MVM_FUZZ_SEED` begins elsewhere.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { MvmError } from '../../vmm/contract/errors.ts';
import { encodeControl, FrameDecoder, MAX_GUEST_PAYLOAD } from '../../vmm/guest/frames.ts';
import type { ProcessSink } from '../../vmm/guest/process.ts';
import { AgentSession } from '../../vmm/guest/session.ts';
import { helloTo, runningProcess } from '../guest/fake-agent.ts';
import { program } from '../guest/program.ts';
import { randomFrom } from '../random.ts';

const cases = Number(process.env.MVM_FUZZ ?? 3000);
const firstSeed = Number(process.env.MVM_FUZZ_SEED ?? 1);

const corpus = join(import.meta.dirname, 'corpus', 'frames');
const conversations = readdirSync(corpus).map((name) => readFileSync(join(corpus, name)));

/** Frames in any order, some twice, some with another byte, text or length, some cut off. */
function spoil(random: (limit: number) => number): Buffer {
  const pieces: Buffer[] = [];
  for (let n = random(30); n >= 0; n--) {
    const frames = split(conversations[random(conversations.length)] as Buffer);
    const frame = Buffer.from(frames[random(frames.length)] as Buffer);
    const at = random(frame.length);
    switch (random(20)) {
      case 0:
        frame[at] = random(256);
        break;
      case 1:
        pieces.push(frame.subarray(0, at));
        continue;
      case 2:
        pieces.push(otherText(frame, random));
        continue;
      case 3:
        pieces.push(frame);
    }
    pieces.push(frame);
  }
  return Buffer.concat(pieces);
}

function split(conversation: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < conversation.length; ) {
    const end = at + 20 + conversation.readUInt32LE(at + 4);
    frames.push(conversation.subarray(at, end));
    at = end;
  }
  return frames;
}

/** A control frame whose checksum is right and whose JSON has another byte or value somewhere. */
function otherText(frame: Buffer, random: (limit: number) => number): Buffer {
  const text = frame.subarray(20).toString('latin1');
  const values = ['null', '-1', '1e99', '"\\u0000"', '[]', '{}', 'true', '[[[[', '"'];
  const at = random(text.length);
  const other = text.slice(0, at) + values[random(values.length)] + text.slice(at + random(4));
  try {
    return encodeControl(JSON.parse(other));
  } catch {
    // No JSON any more: as it is, then.
    return frame;
  }
}

/** The agent's end of a socket, in memory. */
class Line extends Duplex {
  readonly asked: number[] = [];
  readonly #decoder = new FrameDecoder();
  override _read(): void {}
  override _write(chunk: Buffer, _: string, done: () => void): void {
    for (const frame of this.#decoder.push(chunk)) {
      if (frame.kind !== 'control') continue;
      const message = JSON.parse(frame.text.toString());
      if (message.op === 'hello')
        this.push(encodeControl({ ...helloTo(message.epoch), capabilities: ['list'], processes: [runningProcess()] }));
      else this.asked.push(message.id);
    }
    done();
  }
}

/** What every conversation of the corpus has at a position of an output. */
const textAt = (position: number): number => 97 + (position % 23);

/** Notes whatever is told out of order, or is not what was sent. */
function strictSink(wrongs: string[]): ProcessSink {
  const next = { stdout: 0, stderr: 0 };
  const ended = { stdout: false, stderr: false };
  let exited = false;
  const must = (right: boolean, what: string) => right || wrongs.push(what);
  return {
    output: (channel, position, bytes) => {
      must(position === next[channel] && !ended[channel] && !exited, `${bytes.length} bytes of ${channel}`);
      must(
        bytes.every((byte, n) => byte === textAt(position + n)),
        `other bytes of ${channel}`,
      );
      next[channel] = position + bytes.length;
    },
    end: (channel, position) => {
      must(position === next[channel] && !ended[channel] && !exited, `end of ${channel}`);
      ended[channel] = true;
    },
    stdinConsumed: () => {},
    exit: () => {
      must(ended.stdout && ended.stderr && !exited, 'exit');
      exited = true;
    },
  };
}

describe(`frames of a guest, ${cases} cases from seed ${firstSeed}`, () => {
  const seeds = Array.from({ length: cases }, (_, n) => firstSeed + n);

  it('that are whole are found behind anything', { timeout: 0 }, () => {
    const ping = encodeControl({ id: 77, ok: true });
    for (const seed of seeds) {
      const random = randomFrom(seed);
      const wire = Buffer.concat([spoil(random), Buffer.alloc(MAX_GUEST_PAYLOAD + 20), ping]);
      const decoder = new FrameDecoder();
      const frames = [];
      for (let at = 0; at < wire.length; ) {
        const size = 1 + random(at < 10_000 ? 500 : 60_000);
        frames.push(...decoder.push(wire.subarray(at, at + size)));
        at += size;
      }
      const last = frames.at(-1);
      expect(last?.kind === 'control' && last.text.toString(), `seed ${seed}`).toBe('{"id":77,"ok":true}');
    }
  });

  it('never bring a session out of order', { timeout: 0 }, async () => {
    for (const seed of seeds) {
      const line = new Line();
      const wrongs: string[] = [];
      const session = new AgentSession(line as unknown as Socket);
      await session.greet(AbortSignal.timeout(60_000));
      const requests = [
        session.exec(program(['x']), strictSink(wrongs)),
        session.stats(),
        session.ping(),
        session.kernelLog(),
        session.list('/', ''),
      ].map((request) => request.catch((error: unknown) => error));
      session.adopt('p', { stdout: 0, stderr: 0 }, strictSink(wrongs));
      line.push(spoil(randomFrom(seed)));
      line.push(spoil(randomFrom(seed + 0x10000)));
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      session.close();
      expect(wrongs, `seed ${seed}`).toEqual([]);
      for (const answer of await Promise.all(requests))
        if (answer instanceof Error) expect(answer, `seed ${seed}`).toBeInstanceOf(MvmError);
    }
  });
});
