import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MvmError } from '../../contract/errors.ts';
import { connectQmp } from './qmp.ts';

const GREETING = '{"QMP": {"version": {}, "capabilities": []}}\r\n';

let folder: string;
let path: string;
let server: Server | null = null;
const sockets = new Set<Socket>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mvm-qmp-'));
  path = join(folder, 'qmp');
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  if (server) await new Promise((resolve) => server?.close(resolve));
  server = null;
  rmSync(folder, { recursive: true });
});

type Command = { execute: string; arguments: unknown; id: number };

/** A QEMU that greets, and answers each command with what `reply` makes of it. */
function qemu(reply: (command: Command, socket: Socket) => unknown, greeting = GREETING): Promise<void> {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.write(greeting);
    socket.on('data', (bytes) => {
      for (const line of bytes.toString().trim().split('\n')) {
        const command = JSON.parse(line) as Command;
        const answer = command.execute === 'qmp_capabilities' ? { return: {} } : reply(command, socket);
        if (answer) socket.write(`${JSON.stringify({ ...answer, id: command.id })}\r\n`);
      }
    });
  });
  return new Promise((resolve) => server?.listen(path, resolve));
}

const open = (more = {}) => connectQmp(path, { deadlineMs: 5_000, ...more });

test('answers each command with its own result, whatever their order', async () => {
  const held: Command[] = [];
  await qemu((command, socket) => {
    held.push(command);
    if (held.length < 2) return null;
    for (const { id, execute } of held.reverse()) socket.write(`${JSON.stringify({ return: execute, id })}\n`);
    return null;
  });
  const qmp = await open();
  expect(await Promise.all([qmp.execute('first'), qmp.execute('second')])).toEqual(['first', 'second']);
  qmp.close();
});

test('waits for a socket that is not there yet', async () => {
  const opening = open({ awaitSocket: true });
  await qemu(() => ({ return: 1 }));
  const qmp = await opening;
  expect(await qmp.execute('any')).toBe(1);
  qmp.close();
});

test('does not wait for the socket of a machine that should be there', async () => {
  await expect(open()).rejects.toMatchObject({ code: 'engine.qmp', message: expect.stringContaining('ENOENT') });
});

test('reports events between the answers', async () => {
  await qemu((_, socket) => {
    socket.write('{"event": "STOP", "data": {"why": 1}, "timestamp": {}}\n');
    return { return: {} };
  });
  const events: unknown[] = [];
  const qmp = await open({ onEvent: (event: unknown) => events.push(event) });
  await qmp.execute('stop');
  expect(events).toEqual([{ name: 'STOP', data: { why: 1 } }]);
  qmp.close();
});

test("tells QEMU's reason for a refusal without its control characters", async () => {
  await qemu(() => ({ error: { class: 'GenericError', desc: 'no \u001b[31mdisk' } }));
  const qmp = await open();
  await expect(qmp.execute('blockdev-add')).rejects.toMatchObject({
    code: 'engine.qmp',
    message: "QEMU's control channel refused blockdev-add: no \\x1b[31mdisk",
  });
  expect(await qmp.execute('more').catch((error: MvmError) => error.code)).toBe('engine.qmp');
  qmp.close();
});

test('gives up a command at its deadline and takes the next', async () => {
  await qemu(({ execute }) => (execute === 'hang' ? null : { return: 'ok' }));
  const qmp = await open();
  await expect(qmp.execute('hang', {}, 20)).rejects.toThrow('did not answer hang within 20 ms');
  expect(await qmp.execute('next')).toBe('ok');
  qmp.close();
});

test('fails what is under way and what comes later when the connection ends', async () => {
  await qemu((_, socket) => void socket.destroy());
  const qmp = await open();
  await expect(qmp.execute('quit')).rejects.toMatchObject({ code: 'engine.qmp' });
  await qmp.closed;
  await expect(qmp.execute('later')).rejects.toMatchObject({ code: 'engine.qmp' });
});

test('reports a QEMU that never greets as silent', async () => {
  await qemu(() => null, '');
  await expect(open({ deadlineMs: 30 })).rejects.toMatchObject({ code: 'engine.silent' });
});

test('stops waiting when it is told to', async () => {
  const reason = new Error('the user went');
  const waiting = open({ awaitSocket: true, signal: AbortSignal.abort(reason) });
  await expect(waiting).rejects.toBe(reason);
});

test('refuses a line that has no end', async () => {
  await qemu((_, socket) => void socket.write('x'.repeat(1024 * 1024 + 1)));
  const qmp = await open();
  await expect(qmp.execute('any')).rejects.toThrow('sent a line of more than 1048576 bytes');
});

test('takes a long answer in pieces', async () => {
  const long = 'é'.repeat(400_000);
  await qemu(() => ({ return: long }));
  const qmp = await open();
  expect(await qmp.execute('any')).toBe(long);
  qmp.close();
});

test('goes on or gives up in order, whatever else comes', { timeout: 60_000 }, async () => {
  let garbage: Uint8Array = new Uint8Array();
  await qemu(({ execute }, socket) => {
    if (execute !== 'provoke') return { return: 'fine' };
    socket.write(garbage);
    socket.write('\n');
    return { return: 'fine' };
  });
  const json = fc.json().map((text) => Buffer.from(text));
  const message = fc.record({ id: fc.jsonValue(), error: fc.jsonValue(), event: fc.jsonValue() }, { requiredKeys: [] });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    json,
    message.map((value) => Buffer.from(JSON.stringify(value))),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (sent) => {
      garbage = sent;
      const qmp = await open();
      await qmp.execute('provoke').catch(() => undefined);
      const next = await qmp.execute('next').catch((error: unknown) => error);
      qmp.close();
      await qmp.closed;
      expect(next === 'fine' || next instanceof MvmError).toBe(true);
    }),
    { numRuns: Number(process.env.MVM_FUZZ ?? 300) },
  );
});
