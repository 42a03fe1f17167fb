import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WINDOW } from '../../vmm/contract/stream.ts';
import type { GuestExit } from '../../vmm/guest/messages.ts';
import type { GuestProcess, ProcessSink } from '../../vmm/guest/process.ts';
import { eventually } from '../world.ts';
import { diskWith, Guest } from './guest.ts';
import { nowhere, program } from './program.ts';

const MIB = 1024 * 1024;
/** No two places of it look alike. */
const blob = Buffer.from(Uint32Array.from({ length: MIB / 4 }, (_, n) => Math.imul(n + 1, 0x9e3779b1)).buffer);

describe('streams', () => {
  let guest: Guest;
  beforeAll(async () => {
    guest = await Guest.machine(diskWith('blob', [{ path: 'blob', kind: 'file', content: blob }]));
  });
  afterAll(() => guest.end());

  test('100 MB of output lose and repeat no byte when the line is cut at random moments', async () => {
    const script = 'i=0; while [ $i -lt 100 ]; do echo "block $i"; cat /blob; i=$((i+1)); done';
    const hash = createHash('sha256');
    const { promise, resolve } = Promise.withResolvers<GuestExit>();
    let received = 0;
    let cuts = 0;
    let nextCut = 3 * MIB;
    const sinkOf = (bound: () => GuestProcess): ProcessSink => ({
      output: (channel, position, bytes) => {
        if (channel === 'stderr' || nextCut === 0) return;
        if (position !== received) throw new Error(`bytes from ${position} came at ${received}`);
        received += bytes.length;
        hash.update(bytes);
        if (received < nextCut) return bound().acknowledge('stdout', received);
        nextCut = 0;
        void cut();
      },
      end: () => {},
      stdinConsumed: () => {},
      exit: resolve,
    });
    const cut = async () => {
      cuts++;
      const agent = await guest.reconnect();
      nextCut = received + Math.random() * 20 * MIB;
      const again: GuestProcess = agent.adopt(
        'flood',
        { stdout: received, stderr: 0 },
        sinkOf(() => again),
      );
    };
    const process: GuestProcess = await guest.agent.exec(
      program(['sh', '-c', script], { session: 'flood' }),
      sinkOf(() => process),
    );
    expect(await promise).toMatchObject({ code: 0 });
    expect(cuts).toBeGreaterThan(3);
    const expected = createHash('sha256');
    for (let n = 0; n < 100; n++) expected.update(`block ${n}\n`).update(blob);
    expect(hash.digest('hex')).toBe(expected.digest('hex'));
  });

  test('50 MB of input arrive whole, and no faster than the program reads', async () => {
    const total = 50 * MIB;
    let printed = '';
    let written = 0;
    let consumed = 0;
    const { promise, resolve } = Promise.withResolvers<GuestExit>();
    const write = () => {
      while (written < total && written < consumed + WINDOW) {
        const at = written % MIB;
        const piece = blob.subarray(at, Math.min(MIB, at + consumed + WINDOW - written));
        process.write(written, piece);
        written += piece.length;
      }
      if (written === total) process.endStdin(total);
    };
    const process: GuestProcess = await guest.agent.exec(
      program(['sh', '-c', 'sleep 0.2; sha256sum'], { stdin: true }),
      {
        output: (_, __, bytes) => {
          printed += bytes.toString();
        },
        end: () => {},
        stdinConsumed: (position) => {
          consumed = position;
          write();
        },
        exit: resolve,
      },
    );
    write();
    expect(await promise).toMatchObject({ code: 0 });
    const expected = createHash('sha256');
    for (let n = 0; n < 50; n++) expected.update(blob);
    expect(printed).toBe(`${expected.digest('hex')}  -\n`);
  });

  test('a flood keeps nobody else waiting, and takes no memory of the guest', async () => {
    let received = 0;
    const flood: GuestProcess = await guest.agent.exec(program(['cat', '/dev/zero'], { session: 'zero' }), {
      ...nowhere,
      output: (channel, position, bytes) => {
        received = position + bytes.length;
        flood.acknowledge(channel, received);
      },
    });
    const before = await guest.agent.stats();
    const start = received;
    let pings = 0;
    while (received - start < 64 * MIB) {
      await guest.agent.ping();
      pings++;
    }
    const after = await guest.agent.stats();
    await flood.signal('SIGKILL');
    // One round trip passes at most what both windows hold, so there are more pings than windows.
    expect(pings).toBeGreaterThan((64 * MIB) / (4 * WINDOW));
    expect(before.memory.free - after.memory.free).toBeLessThan(8 * MIB);
  });

  test('a program that nobody listens to waits, and goes on later', async () => {
    let received = 0;
    const process = await guest.agent.exec(program(['cat', '/blob'], { session: 'waits' }), {
      ...nowhere,
      output: (_, position, bytes) => {
        received = position + bytes.length;
      },
    });
    await eventually(() => received === WINDOW, 'as much as it may send');
    await guest.sh('sleep 0.5');
    expect(received).toBe(WINDOW);
    await process.signal('SIGKILL');
  });

  test('a program that ended while nobody was there is met with all that it said', async () => {
    await guest.agent.exec(program(['sh', '-c', 'sleep 0.3; echo last words; exit 9'], { session: 'lonely' }), nowhere);
    await eventually(async () => {
      const { guest: told } = await guest.reconnect();
      return told.processes.some(({ id, exit }) => id === 'lonely' && exit !== null);
    }, 'its end');
    const { agent } = guest;
    expect(agent.guest.processes.find(({ id }) => id === 'lonely')).toMatchObject({ exit: { code: 9 } });
    const { promise, resolve } = Promise.withResolvers<GuestExit>();
    let said = '';
    const process = agent.adopt(
      'lonely',
      { stdout: 5, stderr: 0 },
      {
        ...nowhere,
        output: (_, __, bytes) => {
          said += bytes.toString();
        },
        exit: resolve,
      },
    );
    expect(await promise).toMatchObject({ code: 9, signal: null });
    expect(said).toBe('words\n');
    const again = Promise.withResolvers<GuestExit>();
    agent.adopt('lonely', { stdout: 11, stderr: 0 }, { ...nowhere, exit: again.resolve });
    expect(await again.promise).toMatchObject({ code: 9 });
    await process.reap();
    expect((await guest.reconnect()).guest.processes.some(({ id }) => id === 'lonely')).toBe(false);
  });
});
