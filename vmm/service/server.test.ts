/** The service's door, with nothing behind it: whatever is sent, the answer has one shape. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { MvmError } from '../contract/errors.ts';
import { CONTROL, decodeFrame, type ServiceControl } from '../contract/stream.ts';
import { IdleWatch } from './idle.ts';
import { type CallHandlers, type StreamHandlers, serve } from './server.ts';

const folder = mkdtempSync(join(tmpdir(), 'mvm-door-'));
const socketPath = join(folder, 'sock');
const logged: string[] = [];
let door: { close(): Promise<void> };
let slow: PromiseWithResolvers<void>;
const waitedFor = Promise.withResolvers<AbortSignal>();

beforeAll(async () => {
  slow = Promise.withResolvers();
  const calls: Partial<CallHandlers> = {
    version: () => ({ version: '1', runtime: '', pid: 1, home: '', entry: '', builtAt: 0 }),
    doctor: () => Promise.reject(new TypeError('a mistake')),
    history: ({ limit }) => slow.promise.then(() => ({ runs: Array(limit ?? 0).fill(null) })),
    machine: ({ machine }) => Promise.reject(new MvmError('machine.not-found', `no ${machine}`, { hint: 'look' })),
    kill: (input) => Promise.reject(new MvmError('machine.seen', JSON.stringify(input))),
    changeSetting: ({ name, value }) => ({ [name]: value }),
    wait: (_, left) => {
      waitedFor.resolve(left);
      return new Promise(() => undefined);
    },
  };
  const streams: Partial<StreamHandlers> = {
    logs: (_, { machine }) => Promise.reject(new MvmError('machine.not-found', `no ${machine}`)),
  };
  door = await serve({
    socketPath,
    version: '1.2.3',
    calls: calls as CallHandlers,
    streams: streams as StreamHandlers,
    idle: new IdleWatch({ afterMs: 1_000_000, busy: () => true, onIdle: () => undefined }),
    ready: Promise.resolve(),
    patience: { headersMs: 300, requestMs: 600, everyMs: 50 },
    log: (line) => logged.push(line),
  });
});

afterAll(async () => {
  await door.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: { error?: { code: string; message: string; hint?: string } };
}

/** Sends bytes as they are and reads one answer, until the other end closes or it is whole. */
async function send(request: string | Buffer, more: (socket: Socket) => void = () => undefined): Promise<Answer> {
  const socket = connect(socketPath);
  socket.on('error', () => undefined);
  socket.write(request);
  more(socket);
  const said = String(await buffer(socket));
  const [head = '', text = ''] = said.split('\r\n\r\n');
  const [line = '', ...headers] = head.split('\r\n');
  return {
    status: Number(line.split(' ')[1]),
    headers: Object.fromEntries(headers.map((header) => header.split(': ', 2) as [string, string])),
    body: JSON.parse(text.replace(/^[0-9a-f]+\r\n/, '').replace(/\r\n0$/, '') || '{}'),
  };
}

const ask = (line: string, headers: string[] = [], body = ''): Promise<Answer> =>
  send([`${line} HTTP/1.1`, 'Host: mvm', 'Connection: close', ...headers, '', body].join('\r\n'));

const withBody = (line: string, body: string): Promise<Answer> =>
  ask(line, [`Content-Length: ${Buffer.byteLength(body)}`], body);

const PUT = Buffer.from('PUT /v1/settings/x HTTP/1.1\r\nHost: mvm\r\nConnection: close\r\nContent-Length: 2\r\n\r\n');
const upgrade = ['Upgrade: websocket', 'Connection: Upgrade'];
const handshake = [...upgrade, 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];

describe('a failure has one shape', () => {
  it.each<[string, () => Promise<Answer>, number, string]>([
    ['an unknown path', () => ask('GET /v2/machines'), 404, 'request.unknown'],
    ['a wrong method', () => ask('PATCH /v1/machines'), 405, 'request.method'],
    ['a method nobody knows', () => send('GRAB /v1/machines HTTP/1.1\r\n\r\n'), 400, 'request.invalid'],
    ['a tunnel', () => ask('CONNECT example.org:80'), 405, 'request.method'],
    ['a stream without a WebSocket', () => ask('GET /v1/run'), 426, 'request.upgrade'],
    ['an unknown machine', () => ask('GET /v1/machines/web'), 404, 'machine.not-found'],
    ['an unknown field', () => ask('GET /v1/machines/web?colour=red'), 400, 'request.invalid'],
    ['a broken percent sign', () => ask('GET /v1/machines/%zz'), 400, 'request.invalid'],
    ['a percent sign that is no UTF-8', () => ask('GET /v1/machines/%ff'), 400, 'request.invalid'],
    ['an address that is none', () => ask('GET http://[::g]/v1/version'), 400, 'request.invalid'],
    ['a body that is no JSON', () => withBody('PUT /v1/settings/cpus', '{'), 400, 'request.invalid'],
    ['a body that is no object', () => withBody('PUT /v1/settings/cpus', '[1]'), 400, 'request.invalid'],
    ['a body that is no UTF-8', () => send(Buffer.concat([PUT, Buffer.from([0xff, 0xfe])])), 400, 'request.invalid'],
    ['a body where none belongs', () => withBody('GET /v1/version', '{"a":1}'), 400, 'request.invalid'],
    [
      'a field in the wrong place',
      () => withBody('POST /v1/machines/web/kill', '{"machine":"other"}'),
      400,
      'request.invalid',
    ],
    ['a query where a body belongs', () => ask('POST /v1/machines/web/kill?signal=TERM'), 400, 'request.invalid'],
    ['a mistake of ours', () => ask('GET /v1/doctor'), 500, 'internal'],
    ['no HTTP at all', () => send('hello\r\n\r\n'), 400, 'request.invalid'],
    ['TLS', () => send(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])), 400, 'request.invalid'],
    [
      'two lengths',
      () => ask('PUT /v1/settings/cpus', ['Content-Length: 2', 'Content-Length: 3']),
      400,
      'request.invalid',
    ],
    [
      'smuggling',
      () => ask('GET /v1/version', ['Content-Length: 2', 'Transfer-Encoding: chunked']),
      400,
      'request.invalid',
    ],
    [
      'a flood of headers',
      () => ask('GET /v1/version', [`X: ${'a'.repeat(40_000)}`]),
      431,
      'request.headers-too-large',
    ],
    ['an expectation', () => ask('GET /v1/version', ['Expect: the-worst']), 417, 'request.expectation'],
    ['a WebSocket to a call', () => ask('GET /v1/version', handshake), 400, 'request.no-stream'],
    ['a WebSocket to nothing', () => ask('GET /v1/nothing', handshake), 404, 'request.unknown'],
    ['a WebSocket to a broken address', () => ask('GET /v1/machines/%zz/logs', handshake), 400, 'request.invalid'],
    ['a WebSocket without its key', () => ask('GET /v1/machines/web/logs', upgrade), 400, 'request.invalid'],
  ])('for %s', async (_, act, status, code) => {
    const { status: found, headers, body } = await act();
    expect([found, body.error?.code], body.error?.message).toEqual([status, code]);
    expect(body).toEqual({ error: expect.objectContaining({ message: expect.stringMatching(/\S/) }) });
    expect(headers['Content-Type']).toBe('application/json');
  });

  it('tells which methods there are', async () => {
    const { headers, body } = await ask('PATCH /v1/machines');
    expect(headers.Allow).toBe('GET, POST');
    expect(body.error?.message).toBe('PATCH is not for /v1/machines; it takes GET, POST');
  });

  it('in a stream too, before it is closed', async () => {
    for (const [path, code] of [
      ['/v1/machines/web/logs', 'machine.not-found'],
      ['/v1/machines/web/logs?tail=many', 'request.invalid'],
    ]) {
      const socket = new WebSocket(`ws://mvm${path}`, { createConnection: () => connect(socketPath) });
      const [data] = (await once(socket, 'message')) as [Buffer];
      const frame = decodeFrame<ServiceControl>(data);
      expect(frame).toMatchObject({ channel: CONTROL, control: { type: 'error', error: { code } } });
      const [closed] = await once(socket, 'close');
      expect(closed).toBe(1011);
    }
  });

  it('logs our own mistakes and nobody else’s', async () => {
    logged.length = 0;
    await ask('GET /v1/nothing');
    await ask('GET /v1/doctor');
    expect(logged).toEqual([expect.stringMatching(/^GET \/v1\/doctor: TypeError: a mistake\n/)]);
  });
});

describe('a large body', () => {
  it('is refused, and its sender hears why, although it goes on sending', async () => {
    const body = `{"value":"${'a'.repeat(4 * 1024 ** 2)}"}`;
    const { status, body: answer } = await withBody('PUT /v1/settings/x', body);
    expect([status, answer.error?.code]).toEqual([413, 'request.too-large']);
  });

  it('is refused before it is sent when its sender asks first', async () => {
    const head = 'PUT /v1/settings/x HTTP/1.1\r\nHost: mvm\r\nContent-Length: 9000000\r\nExpect: 100-continue\r\n\r\n';
    const { status, headers } = await send(head);
    expect([status, headers.Connection]).toEqual([413, 'close']);
  });

  it('without end is cut off', async () => {
    const chunk = `10000\r\n${'a'.repeat(65_536)}\r\n`;
    const socket = connect(socketPath);
    socket.on('error', () => undefined);
    socket.write('PUT /v1/settings/x HTTP/1.1\r\nHost: mvm\r\nTransfer-Encoding: chunked\r\n\r\n');
    const pump = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', pump);
    pump();
    await new Promise((resolve) => socket.resume().on('close', resolve));
  });

  it('of just the limit is taken', async () => {
    const around = '{"value":""}'.length;
    const value = 'a'.repeat(1024 ** 2 - around);
    const { status, body } = await withBody('PUT /v1/settings/x', JSON.stringify({ value }));
    expect([status, body]).toEqual([200, { x: value }]);
  });
});

describe('a client that takes its time', () => {
  it.each([
    ['over its first byte', ''],
    ['over its headers', 'GET /v1/version HTTP/1.1\r\nHost: m'],
    ['over its body', 'PUT /v1/settings/x HTTP/1.1\r\nHost: mvm\r\nContent-Length: 5\r\n\r\n{'],
  ])('%s is told so and let go', async (_, beginning) => {
    const { status, body } = await send(beginning);
    expect([status, body.error?.code]).toEqual([408, 'request.timeout']);
  });

  it('over its headers, byte by byte, is let go as well', async () => {
    const { status } = await send('GET /v1/version HTTP/1.1\r\n', (socket) => {
      const timer = setInterval(() => socket.write('X'), 1);
      socket.on('close', () => clearInterval(timer));
    });
    expect(status).toBe(408);
  });

  it('is heard of by whoever works for it when it leaves', async () => {
    const socket = connect(socketPath);
    socket.write('GET /v1/machines/web/wait HTTP/1.1\r\nHost: mvm\r\n\r\n');
    const left = await waitedFor.promise;
    expect(left.aborted).toBe(false);
    socket.destroy();
    await once(left, 'abort');
  });

  it('is waited for while we are the ones who take long', async () => {
    slow = Promise.withResolvers();
    setTimeout(() => slow.resolve(), 1_500);
    expect((await ask('GET /v1/history?limit=1')).body).toEqual({ runs: [null] });
  });
});

describe('a connection', () => {
  it('serves one request after the other', async () => {
    const get = 'GET /v1/version HTTP/1.1\r\nHost: mvm\r\n\r\n';
    const socket = connect(socketPath);
    socket.write(get + get + get.replace('Host', 'Connection: close\r\nHost'));
    expect(String(await buffer(socket)).match(/HTTP\/1\.1 200/g)).toHaveLength(3);
  });

  it('whose client talks nonsense during an answer gets no second answer mixed into the first', async () => {
    slow = Promise.withResolvers();
    const socket = connect(socketPath);
    socket.write('GET /v1/history?limit=1 HTTP/1.1\r\nHost: mvm\r\n\r\nnonsense\r\n\r\n');
    const said = buffer(socket);
    setTimeout(() => slow.resolve(), 100);
    expect(String(await said)).toBe('');
  });

  it('needs to name no host', async () => {
    expect((await send('GET /v1/version HTTP/1.1\r\nConnection: close\r\n\r\n')).status).toBe(200);
  });

  it('with an offer of HTTP/2 gets its answer in HTTP/1.1', async () => {
    const headers = ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABk', 'Connection: Upgrade, HTTP2-Settings'];
    expect((await ask('GET /v1/version', headers)).status).toBe(200);
  });
});
