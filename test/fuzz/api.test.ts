/**
 * Requests and control frames, spoiled at random, against a real service with a real guest. Whatever comes, the service
 * lives, answers or closes, and every answer has the shape that answers have. `MVM_FUZZ` is the number of cases of each
 * kind, `MVM_FUZZ_SEED` begins elsewhere.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeBytes } from '../../vmm/contract/stream.ts';
import { Random } from '../random.ts';
import { eventually, World } from '../world.ts';
import { converse, readAnswers, readMessages, webSocketFrame } from './api-line.ts';
import { spoiledBytes, spoiledValue } from './spoil.ts';

const cases = Number(process.env.MVM_FUZZ ?? 3000);
const firstSeed = Number(process.env.MVM_FUZZ_SEED ?? 1);
/** Conversations at once. */
const AT_ONCE = 48;

type Json = Record<string, unknown>;

/** What ends the service, opens programs of this host or boots a guest is left out; no image is called so. */
const create = {
  image: 'nothing',
  name: 'x',
  command: ['a'],
  env: ['A=1'],
  ports: [{ protocol: 'tcp', hostAddress: '::1', hostPort: 0, guestPort: 80 }],
  labels: { a: 'b' },
  tmpfs: [{ path: '/t', options: ['ro'] }],
  size: { columns: 80, rows: 24 },
  timeoutMs: 5,
  stopGraceMs: 5,
  ulimits: [{ name: 'nofile', soft: 5, hard: -1 }],
  dns: { servers: ['9.9.9.9'], search: ['a'], options: [] },
  sysctls: { 'a.b': '1' },
  expose: ['80/tcp'],
};
const requests: [string, string, Json?][] = [
  ['GET', '/v1/version'],
  ['GET', '/v1/openapi.json'],
  ['GET', '/v1/machines'],
  ['GET', '/v1/machines/fuzzed'],
  ['GET', '/v1/machines/fuzzed/output?tail=3'],
  ['GET', '/v1/machines/fuzzed/wait'],
  ['GET', '/v1/stats?machine=fuzzed'],
  ['GET', '/v1/machines/fuzzed/files?path=%2Fetc&after=6a'],
  ['GET', '/v1/sessions?machine=fuzzed'],
  ['GET', '/v1/terminals'],
  ['GET', '/v1/images'],
  ['GET', '/v1/history?limit=2'],
  ['GET', '/v1/settings'],
  ['POST', '/v1/machines', create],
  ['POST', '/v1/machines/nobody/stop', { graceMs: 0 }],
  ['POST', '/v1/machines/nobody/kill', { signal: 'TERM' }],
  ['POST', '/v1/machines/nobody/rename', { name: 'other' }],
  ['POST', '/v1/machines/nobody/ping', { count: 1 }],
  ['DELETE', '/v1/machines/nobody?force=true'],
  ['DELETE', '/v1/images/nothing%3A1'],
  ['PUT', '/v1/settings/cpus', { value: 1 }],
  ['PUT', '/v1/settings/pinnedImages', { value: ['a'] }],
];

const program = {
  id: null,
  command: ['cat'],
  env: ['A=1'],
  cwd: '/',
  user: 'root',
  tty: false,
  stdin: true,
  size: null,
  detach: false,
};
/** A stream's path, and the control messages that it could begin with. */
const streams: [string, Json[]][] = [
  ['/v1/run', [{ type: 'run', request: create }]],
  ['/v1/machines/nobody/exec', [{ type: 'exec', request: program }]],
  ['/v1/sessions/0123456789abcdef0123456789abcdef', [{ type: 'resume', stdout: 0, stderr: 0 }]],
  ['/v1/machines/nobody/copy-out', [{ type: 'copy-out', request: { id: null, path: '/etc', follow: false } }]],
  [
    '/v1/machines/nobody/copy-in',
    [{ type: 'copy-in', request: { id: null, path: '/tmp', into: true, owners: false } }],
  ],
  ['/v1/machines/fuzzed/logs?tail=3&follow=true', []],
  ['/v1/machines/fuzzed/console', []],
  ['/v1/images/import?path=%2Fnonexistent', []],
  ['/v1/events', []],
];
const further: Json[] = [
  { type: 'credit', channel: 2, bytes: 262_144 },
  { type: 'credit', channel: 3, bytes: 1 },
  { type: 'signal', signal: 'SIGTERM' },
  { type: 'resize', size: { columns: 80, rows: 24 } },
  { type: 'detach' },
];

const TOKENS = [
  ...[
    '\r\n',
    '\r\n\r\n',
    '\0',
    ' HTTP/1.1\r\n',
    ' HTTP/9.9',
    '%',
    '%00',
    '%ff',
    '..',
    '//',
    '?',
    '#',
    '&a=1',
    ':',
    '{',
    '"',
    ']',
  ],
  ...[
    'Content-Length: 5\r\n',
    'Content-Length: -1\r\n',
    'Content-Length: 99999999999\r\n',
    'Transfer-Encoding: chunked\r\n',
  ],
  ...[
    'Expect: 100-continue\r\n',
    'Expect: x\r\n',
    'Connection: close\r\n',
    'Upgrade: websocket\r\n',
    'Connection: Upgrade\r\n',
  ],
  ...[
    'Host: other\r\n',
    'GET ',
    'POST ',
    'DELETE ',
    'HEAD ',
    'OPTIONS * ',
    'http://[',
    '9'.repeat(30),
    'x'.repeat(40_000),
  ],
];

function request(random: Random): Buffer {
  const [method, path, json] = random.pick(requests);
  const kind = random.below(4);
  const body = json === undefined ? '' : (JSON.stringify(kind === 0 ? spoiledValue(json, random) : json) ?? '');
  const length = body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  const whole = (target: string) => Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: mvm\r\n${length}\r\n${body}`);
  if (kind === 0) return whole(path);
  if (kind === 1) return whole(spoiledBytes(Buffer.from(path), TOKENS, random).toString('latin1'));
  return spoiledBytes(whole(path), TOKENS, random);
}

function conversation(random: Random, own: [string, Json[]] | null): Buffer {
  const [path, first] = own ?? random.pick(streams);
  const handshake = `GET ${path} HTTP/1.1\r\nHost: mvm\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
  const begin =
    own || random.chance(2, 3)
      ? first.map((message) => (own || random.chance(1, 2) ? message : spoiledValue(message, random)))
      : [];
  const frames = [
    ...begin.map((message) => control(message)),
    ...Array.from({ length: 1 + random.below(6) }, () => frame(random)),
  ];
  const wire = Buffer.concat([Buffer.from(handshake), ...frames]);
  return own || random.chance(7, 8)
    ? wire
    : Buffer.concat([Buffer.from(handshake), spoiledBytes(Buffer.concat(frames), TOKENS, random)]);
}

const control = (message: unknown): Buffer =>
  webSocketFrame(2, Buffer.from(encodeBytes(0, Buffer.from(JSON.stringify(message) ?? ''))));

function frame(random: Random): Buffer {
  const message = random.pick([...further, ...streams.flatMap(([, first]) => first)]);
  switch (random.below(5)) {
    case 0:
      return control(spoiledValue(message, random));
    case 1:
      return webSocketFrame(
        2,
        spoiledBytes(Buffer.from(encodeBytes(0, Buffer.from(JSON.stringify(message)))), TOKENS, random),
      );
    case 2:
      return webSocketFrame(random.below(16), spoiledBytes(Buffer.from('\x01data'), TOKENS, random));
    case 3:
      return webSocketFrame(
        2,
        Buffer.from(encodeBytes(random.below(5), Buffer.alloc(random.pick([0, 1, 9000, 65_537]), 97))),
      );
    default:
      return control(random.pick(further));
  }
}

/** What is wrong with an error body, or null. */
function wrongError(body: unknown): string | null {
  const { error } = (body ?? {}) as { error?: { code?: unknown; message?: unknown } };
  const fine = typeof error?.code === 'string' && typeof error.message === 'string' && error.message !== '';
  if (!fine) return `no error body: ${JSON.stringify(body).slice(0, 200)}`;
  return error.code === 'internal' ? `a mistake of ours: ${error.message}` : null;
}

/** An answer to HEAD has no body. */
function wrongAnswer(heard: Buffer, said: Buffer): string | null {
  for (const { status, body } of readAnswers(heard)) {
    if (status <= 200 || (body === '' && said.includes('HEAD'))) continue;
    const wrong = body === '' ? 'nothing is said' : wrongError(JSON.parse(body));
    if (wrong !== null) return `${status}: ${wrong}`;
  }
  return null;
}

function wrongMessage(heard: Buffer, said: Buffer): string | null {
  const [answer] = readAnswers(heard);
  if (answer?.status !== 101) return wrongAnswer(heard, said);
  for (const message of readMessages(heard)) {
    if (message[0] !== 0) continue;
    const told = JSON.parse(message.toString('utf8', 1)) as { type?: string };
    const wrong =
      told.type === 'error' ? wrongError(told) : typeof told.type === 'string' ? null : 'a message of no type';
    if (wrong !== null) return wrong;
  }
  return null;
}

describe('the API', () => {
  let w: World;
  let pid = 0;
  let main = '';

  beforeAll(async () => {
    w = new World();
    await w.mvm(['run', '-d', '--name', 'fuzzed', 'linux', 'sh', '-c', 'echo up; sleep 100000']);
    pid = await w.servicePid();
    main = (await w.machines())[0]?.id ?? '';
  });
  afterAll(() => w.end());

  /** Talks from so many seeds, and tells what was wrong with what the service said. */
  async function talk(
    count: number,
    say: (random: Random) => Buffer,
    isWhole: (heard: Buffer) => boolean,
    judge: (heard: Buffer, said: Buffer) => string | null,
  ): Promise<string[]> {
    const wrongs: string[] = [];
    let seed = firstSeed;
    const worker = async (): Promise<void> => {
      while (seed < firstSeed + count && wrongs.length < 5) {
        const mine = seed++;
        const said = say(new Random(mine));
        const judged = converse(w.socketPath, said, isWhole).then((heard) => judge(heard, said));
        const wrong = await judged.catch((error: Error) => error.message);
        if (wrong !== null) wrongs.push(`MVM_FUZZ_SEED=${mine} MVM_FUZZ=1: ${wrong}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return wrongs;
  }

  async function expectSound(): Promise<void> {
    expect(await w.servicePid()).toBe(pid);
    expect(w.serviceLog()).not.toMatch(/mistake in mvm|TypeError|RangeError|ERR_/);
  }

  it('answers or refuses every request', { timeout: 0 }, async () => {
    const isWhole = (heard: Buffer): boolean => readAnswers(heard).some(({ status }) => status >= 200);
    expect(await talk(cases, request, isWhole, wrongAnswer)).toEqual([]);
    await expectSound();
  });

  it('survives every frame, on streams that begin or fail to', { timeout: 0 }, async () => {
    const say = (random: Random): Buffer => conversation(random, null);
    expect(await talk(cases, say, () => false, wrongMessage)).toEqual([]);
    await expectSound();
  });

  it('survives every frame to a program that runs', { timeout: 0 }, async () => {
    const own: [string, Json[]][] = [
      ['/v1/machines/fuzzed/exec', [{ type: 'exec', request: program }]],
      [`/v1/sessions/${main}/attach`, [{ type: 'attach', from: null, tail: 100, stdin: false, size: null }]],
      [`/v1/sessions/${main}`, [{ type: 'resume', stdout: 0, stderr: 0 }]],
    ];
    const say = (random: Random): Buffer => conversation(random, random.pick(own));
    expect(await talk(Math.ceil(cases / 20), say, () => false, wrongMessage)).toEqual([]);
    await expectSound();
    // The guest keeps the ends of so many programs until their clients have stayed away long enough, and no more.
    const alive = async () => (await w.mvm(['exec', 'fuzzed', 'echo', 'alive'])).stdout === 'alive\n';
    expect(await eventually(alive, 'a further program')).toBe(true);
  });
});
