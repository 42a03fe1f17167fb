import { setImmediate as later } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { exit, FakeAgent, helloTo, runningProcess } from '../../test/guest/fake-agent.ts';
import { nowhere, program } from '../../test/guest/program.ts';
import { encodeControl, encodeData, encodePosition, streamOf } from './frames.ts';
import { connectAgent } from './session.ts';

const out = streamOf(1, 'stdout');
const err = streamOf(1, 'stderr');

/** A sink that writes down what it is told. */
function diary() {
  const told: unknown[] = [];
  const write =
    (what: string) =>
    (...rest: unknown[]) =>
      void told.push([what, ...rest.map((each) => (Buffer.isBuffer(each) ? each.toString() : each))]);
  /** the bytes of its outputs, in order */
  const printed = () => (told as string[][]).filter(([what]) => what === 'output').map((each) => each[3]);
  return {
    told,
    printed,
    output: write('output'),
    end: write('end'),
    stdinConsumed: write('stdin'),
    exit: write('exit'),
  };
}

test('whatever comes before the answer to the hello is dropped', async () => {
  const agent = await FakeAgent.listen();
  const connecting = connectAgent(agent.path, { deadlineMs: 20_000 });
  const { epoch } = await agent.message();
  agent.send(Buffer.from('half a frame of an earlier conversation mvmf'), ...encodeData(out, 0, Buffer.from('old')));
  agent.say(helloTo('another epoch'));
  agent.say({ id: 1, ok: true });
  agent.say({ ...helloTo(epoch), processes: [runningProcess()] });
  const session = await connecting;
  expect(session.guest).toMatchObject({ bootId: 'boot', machineId: null, processes: [{ id: 'p', pid: 7 }] });
});

test('an agent that is silent, gone, or of another time is told apart', async () => {
  const silent = await FakeAgent.listen();
  await expect(connectAgent(silent.path, { deadlineMs: 50 })).rejects.toMatchObject({ code: 'agent.silent' });
  const agent = await FakeAgent.listen();
  await expect(connectAgent(`${agent.path}-none`, { deadlineMs: 50 })).rejects.toMatchObject({ code: 'agent.silent' });
  const gone = connectAgent(agent.path, { deadlineMs: 20_000 });
  await agent.message();
  agent.hangUp();
  await expect(gone).rejects.toMatchObject({ code: 'agent.gone' });
  const old = connectAgent(agent.path, { deadlineMs: 20_000 });
  const { epoch } = await agent.message();
  agent.say({ ...helloTo(epoch), version: 0 });
  await expect(old).rejects.toMatchObject({ code: 'agent.version' });
});

test('a caller who gives up is told its own reason', async () => {
  const agent = await FakeAgent.listen();
  const given = new AbortController();
  const connecting = connectAgent(agent.path, { deadlineMs: 20_000, signal: given.signal });
  await agent.message();
  given.abort(new Error('enough'));
  await expect(connecting).rejects.toThrow('enough');
});

test('a hello that got lost is said again behind the rest of a lost frame', async () => {
  const agent = await FakeAgent.listen();
  const connecting = connectAgent(agent.path, { deadlineMs: 20_000 });
  const first = await agent.message();
  const second = await agent.message();
  expect(second).toEqual(first);
  agent.say(helloTo(first.epoch));
  agent.say(helloTo(first.epoch));
  const session = await connecting;
  const ping = session.ping();
  agent.say({ id: (await agent.message()).id, ok: true });
  expect(await ping).toBeGreaterThan(0);
});

test('requests fail with what the agent says, made fit for a terminal', async () => {
  const agent = await FakeAgent.listen();
  const session = await agent.session();
  const refused = session.sync();
  agent.say({ id: (await agent.message()).id, error: { code: 'exec.not-found', message: 'no \x1b[31mred\x07' } });
  await expect(refused).rejects.toMatchObject({ code: 'exec.not-found', message: 'no red\\x07' });
  const odd = session.sync();
  agent.say({ id: (await agent.message()).id, error: { code: '__proto__', message: 7 } });
  await expect(odd).rejects.toMatchObject({ code: 'agent.failed' });
});

test('requests under way fail when the line breaks, and later ones at once', async () => {
  const agent = await FakeAgent.listen();
  const session = await agent.session();
  const waits = session.ping();
  await agent.message();
  agent.hangUp();
  await expect(waits).rejects.toMatchObject({ code: 'agent.gone' });
  await session.closed;
  await expect(session.ping()).rejects.toMatchObject({ code: 'agent.gone' });
  await expect(session.powerOff()).resolves.toBeUndefined();
});

test('a program is known to its caller before its first byte and its exit', async () => {
  const agent = await FakeAgent.listen();
  const session = await agent.session();
  const sink = diary();
  const starting = session.exec(program(['true']), sink).then((process) => {
    sink.told.push('started');
    return process;
  });
  const { id, session: name } = await agent.message();
  agent.send(
    Buffer.concat([
      encodeControl({ id, ok: true, number: 1, pid: 42 }),
      ...encodeData(out, 0, Buffer.from('hi')),
      encodeControl({ event: 'exit', session: name, exit }),
      encodePosition('end', out, 2),
      encodePosition('end', err, 0),
    ]),
  );
  expect((await starting).pid).toBe(42);
  await until(() => sink.told.length === 5);
  const ends = [
    ['end', 'stdout', 2],
    ['end', 'stderr', 0],
  ];
  expect(sink.told).toEqual(['started', ['output', 'stdout', 0, 'hi'], ...ends, ['exit', exit]]);
});

test('an exit that is said twice is told once', async () => {
  const agent = await FakeAgent.listen();
  const session = await agent.session([runningProcess()]);
  const sink = diary();
  session.adopt('p', { stdout: 0, stderr: 0 }, sink);
  const exits = encodeControl({ event: 'exit', session: 'p', exit });
  agent.send(Buffer.concat([encodePosition('end', out, 0), encodePosition('end', err, 0), exits, exits]));
  agent.send(...encodeData(out, 0, Buffer.from('late')), exits);
  const pinged = session.ping();
  const resumed = [await agent.frame(), await agent.frame()];
  expect(resumed.map(({ kind }) => kind)).toEqual(['resume', 'resume']);
  agent.send(encodeControl({ id: (await agent.message()).id, ok: true }));
  await pinged;
  expect(sink.told).toEqual([
    ['stdin', 0],
    ['end', 'stdout', 0],
    ['end', 'stderr', 0],
    ['exit', exit],
  ]);
});

test('bytes that come twice are passed on once, and missing ones are asked for once', async () => {
  const agent = await FakeAgent.listen();
  const session = await agent.session([runningProcess()]);
  const sink = diary();
  session.adopt('p', { stdout: 0, stderr: 0 }, sink);
  expect(await agent.frame()).toMatchObject({ kind: 'resume', channel: 'stdout', position: 0 });
  expect(await agent.frame()).toMatchObject({ kind: 'resume', channel: 'stderr', position: 0 });
  const data = (at: number, text: string) => agent.send(...encodeData(out, at, Buffer.from(text)));
  data(0, 'abcd');
  data(2, 'cdef');
  data(8, 'ij');
  data(10, 'kl');
  expect(await agent.frame()).toMatchObject({ kind: 'resume', channel: 'stdout', position: 6 });
  data(6, 'ghij');
  data(10, 'kl');
  await until(() => sink.printed().length === 4);
  expect(sink.printed().join('')).toBe('abcdefghijkl');
  expect(agent.waiting).toBe(0);
});

test('acknowledgements go to the agent as positions, never backwards nor beyond what came', async () => {
  const agent = await FakeAgent.listen();
  const session = await agent.session([runningProcess({ stdout: { acked: 4, produced: 9, ended: false } })]);
  const sink = diary();
  const process = session.adopt('p', { stdout: 5, stderr: 0 }, sink);
  await agent.frame();
  await agent.frame();
  agent.send(...encodeData(out, 5, Buffer.from('four')));
  await until(() => sink.printed().length === 1);
  process.acknowledge('stdout', 3);
  process.acknowledge('stdout', 7);
  process.acknowledge('stdout', 100);
  expect(await agent.frame()).toMatchObject({ kind: 'credit', position: 7 });
  expect(await agent.frame()).toMatchObject({ kind: 'credit', position: 9 });
});

test('a program is adopted again from where its client was, but not from what was acknowledged away', async () => {
  const agent = await FakeAgent.listen();
  const session = await agent.session([runningProcess({ stdout: { acked: 4, produced: 9, ended: false } })]);
  const from = (stdout: number) => ({ stdout, stderr: 0 });
  expect(() => session.adopt('p', from(3), nowhere)).toThrow(/no stdout from byte 3/);
  expect(() => session.adopt('q', from(0), nowhere)).toThrow('no such program');
  session.adopt('p', from(9), nowhere);
  const sink = diary();
  session.adopt('p', from(9), sink);
  for (let n = 0; n < 2; n++) await agent.frame();
  agent.send(...encodeData(out, 9, Buffer.from('new')));
  await until(() => sink.told.length === 1);
  expect(sink.told).toEqual([['output', 'stdout', 9, 'new']]);
});

test('input is kept until it is consumed, and sent again when the agent lacks it', async () => {
  const agent = await FakeAgent.listen();
  const session = await agent.session([runningProcess()]);
  const sink = diary();
  const process = session.adopt('p', { stdout: 0, stderr: 0 }, sink);
  await agent.frame();
  await agent.frame();
  process.write(0, Buffer.from('abc'));
  process.write(1, Buffer.from('bcdef'));
  process.endStdin(6);
  expect(await agent.frame()).toMatchObject({ kind: 'data', position: 0, bytes: Buffer.from('abc') });
  expect(await agent.frame()).toMatchObject({ kind: 'data', position: 3, bytes: Buffer.from('def') });
  expect(await agent.frame()).toMatchObject({ kind: 'end', position: 6 });
  agent.send(encodePosition('credit', streamOf(1, 'stdin'), 2));
  agent.send(encodePosition('credit', streamOf(1, 'stdin'), 900));
  agent.send(encodePosition('resume', streamOf(1, 'stdin'), 1));
  agent.send(encodePosition('resume', streamOf(1, 'stdin'), 2));
  expect(await agent.frame()).toMatchObject({ kind: 'data', position: 2, bytes: Buffer.from('c') });
  expect(await agent.frame()).toMatchObject({ kind: 'data', position: 3, bytes: Buffer.from('def') });
  expect(await agent.frame()).toMatchObject({ kind: 'end', position: 6 });
  expect(sink.told).toEqual([
    ['stdin', 0],
    ['stdin', 2],
  ]);
  expect(() => process.write(7, Buffer.from('x'))).toThrow(RangeError);
});

test('an agent that answers nonsense ends the conversation', async () => {
  const agent = await FakeAgent.listen();
  const session = await agent.session();
  const starting = session.exec(program(['true']), nowhere);
  agent.say({ id: (await agent.message()).id, ok: true, number: -1, pid: 'x' });
  await expect(starting).rejects.toMatchObject({ code: 'agent.broken' });
  await session.closed;
});

/** Waits until a frame that was sent has been looked at. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await later();
}
