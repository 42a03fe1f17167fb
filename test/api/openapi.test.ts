/** The service keeps to what it says of itself: its document is sound, and every answer fits it. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { addressOf, type CallName, type InputOf, operations } from '../../vmm/contract/operations.ts';
import { CONTROL, decodeFrame, encodeControl, type ServiceControl, STDOUT, WINDOW } from '../../vmm/contract/stream.ts';
import { type World, world } from '../world.ts';
import { Description } from './description.ts';

/** One call of each, in order: what the earlier ones make is there for the later ones. */
const exercise: { [Name in CallName]: InputOf<Name> } = {
  openapi: {},
  version: {},
  doctor: {},
  create: {
    image: 'linux',
    name: 'web',
    command: ['sh', '-c', 'echo up; echo oops >&2; sleep 600'],
    labels: { a: 'b' },
  },
  machines: {},
  machine: { machine: 'web' },
  stats: {},
  top: { machine: 'web' },
  files: { machine: 'web', path: '/etc' },
  sessions: { machine: 'web' },
  ping: { machine: 'web', count: 2 },
  output: { machine: 'web', tail: 5 },
  openTerminal: { kind: 'attach', session: 'web', size: { columns: 80, rows: 24 } },
  terminals: {},
  /** the one that was opened */
  closeTerminal: { terminal: '' },
  pause: { machine: 'web' },
  resume: { machine: 'web' },
  rename: { machine: 'web', name: 'renamed' },
  restart: { machine: 'renamed', graceMs: 0 },
  kill: { machine: 'renamed', signal: 'KILL' },
  wait: { machine: 'renamed' },
  start: { machine: 'renamed' },
  stop: { machine: 'renamed', graceMs: 0 },
  remove: { machine: 'renamed', force: true },
  images: {},
  removeImage: { image: 'linux' },
  settings: {},
  changeSetting: { name: 'cpus', value: 1 },
  history: { limit: 5 },
  openPage: {},
  closePage: {},
  shutdown: {},
};

describe('the OpenAPI document', () => {
  it('is sound by a validator of OpenAPI 3.1', async () => {
    const w = world();
    await w.mvm(['ps']);
    const { document } = await Description.of(w);
    const { valid, errors } = await new Validator().validate(document as never);
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
    expect(document.openapi).toMatch(/^3\.1\./);
  });

  it('describes every call and stream, with every parameter of its path', async () => {
    const w = world();
    await w.mvm(['ps']);
    const api = await Description.of(w);
    expect([...api.operations.keys()].sort()).toEqual(Object.keys(operations).sort());
    for (const [name, { path, described }] of api.operations) {
      const inPath = described.parameters
        .filter((parameter) => parameter.in === 'path')
        .map((parameter) => parameter.name);
      expect([name, inPath]).toEqual([name, [...path.matchAll(/\{(\w+)\}/g)].map((found) => found[1])]);
    }
  });

  it('is what every answer of a call fits', async () => {
    const w = world();
    await w.mvm(['ps']);
    const api = await Description.of(w);
    let terminal: string | undefined;
    for (const [name, input] of Object.entries(exercise) as [CallName, Record<string, unknown>][]) {
      const { answer, body } = await ask(w, name, name === 'closeTerminal' ? { terminal } : input);
      if (name === 'openTerminal') terminal = (answer.body as { id: string }).id;
      expect([name, answer.status], JSON.stringify(answer.body)).toEqual([name, 200]);
      expect([name, api.complaints(name, answer)]).toEqual([name, []]);
      expect([name, api.requestComplaints(name, body)]).toEqual([name, []]);
    }
  });

  it('is what every refusal of a call fits', async () => {
    const w = world();
    await w.mvm(['ps']);
    const api = await Description.of(w);
    const nobody: Record<string, unknown> = {
      machine: 'nobody',
      image: 'nothing',
      name: 'nonsense',
      value: 1,
      terminal: 'f'.repeat(32),
    };
    for (const name of Object.keys(exercise) as CallName[]) {
      const needed = [...operations[name].path.matchAll(/\{(\w+)\}/g)].map((found) => [
        found[1],
        nobody[found[1] ?? ''],
      ]);
      const { answer } = await ask(w, name, { ...Object.fromEntries(needed), nonsense: 1 });
      expect([name, answer.status]).toEqual([name, 400]);
      expect([name, api.complaints(name, answer)]).toEqual([name, []]);
      if (needed.length === 0 || name === 'changeSetting') continue;
      const { answer: missing } = await ask(w, name, Object.fromEntries(needed));
      expect([name, missing.status >= 400, api.complaints(name, missing)]).toEqual([name, true, []]);
    }
  });

  it('is what the messages of streams fit', async () => {
    const w = world();
    await w.mvm(['ps']);
    const api = await Description.of(w);
    const events = open(w, '/v1/events');
    const told: { type: string }[] = [];
    events.on('message', (data) => told.push(JSON.parse(String(data))));
    const run = open(w, '/v1/run');
    await once(run, 'open');
    const request = { type: 'run', request: { image: 'linux', command: ['echo', 'hi'] } };
    expect(api.messageComplaints('run', 'clientMessage', request)).toEqual([]);
    run.send(encodeControl(request as never));
    run.send(encodeControl({ type: 'credit', channel: STDOUT, bytes: WINDOW }));
    const heard: ServiceControl[] = [];
    for await (const [data] of messages(run)) {
      const frame = decodeFrame<ServiceControl>(data as Buffer);
      if (frame?.channel === CONTROL) heard.push(frame.control);
      if (heard.at(-1)?.type === 'exit') break;
    }
    run.close();
    expect(new Set(heard.map(({ type }) => type))).toEqual(new Set(['progress', 'started', 'credit', 'exit']));
    for (const message of heard) expect(api.messageComplaints('run', 'serviceMessage', message)).toEqual([]);
    while (!told.some(({ type }) => type === 'machine-removed')) await once(events, 'message');
    events.close();
    expect(told.map(({ type }) => type)).toEqual(expect.arrayContaining(['snapshot', 'machine', 'history']));
    for (const message of told) expect(api.messageComplaints('events', 'serviceMessage', message)).toEqual([]);
  });
});

/** As the client of the command line asks. */
async function ask(w: World, name: CallName, input: Record<string, unknown>) {
  const { method, path: pattern } = operations[name];
  const { path, rest } = addressOf(pattern, input);
  const given = Object.keys(rest).length > 0;
  if (method !== 'GET' && method !== 'DELETE') {
    const body = given ? rest : undefined;
    return { answer: await w.api(method, path, body), body };
  }
  const query = new URLSearchParams(
    Object.entries(rest).map(([field, value]): [string, string] => [field, String(value)]),
  );
  return { answer: await w.api(method, given ? `${path}?${query}` : path), body: undefined };
}

const open = (w: World, path: string): WebSocket =>
  new WebSocket(`ws://mvm${path}`, { createConnection: () => connect(w.socketPath) });

async function* messages(socket: WebSocket): AsyncGenerator<[unknown]> {
  const waiting: unknown[] = [];
  let wake = () => {};
  socket.on('message', (data) => {
    waiting.push(data);
    wake();
  });
  for (;;) {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) yield [next];
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}
