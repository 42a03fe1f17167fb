import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { type Ending, Program } from '../../vmm/client/program.ts';
import { openStream } from '../../vmm/client/stream.ts';
import type { ServiceEvent, Terminal } from '../../vmm/contract/types.ts';
import { eventually, type World, world } from '../world.ts';

const SIZE = { columns: 80, rows: 24 };

async function open(w: World, request: object): Promise<Terminal> {
  const { status, body } = await w.api('POST', '/v1/terminals', { size: SIZE, ...request });
  expect([status, body]).toMatchObject([200, { size: SIZE, ended: null }]);
  return body as Terminal;
}

async function terminals(w: World): Promise<Terminal[]> {
  return ((await w.api('GET', '/v1/terminals')).body as { terminals: Terminal[] }).terminals;
}

const find = async (w: World, id: string) => (await terminals(w)).find((each) => each.id === id);

/** A window that shows a terminal: keeps what came, and goes on from there. */
class View {
  text = '';
  readonly hash = createHash('sha256');
  readonly ended: Promise<Ending>;
  readonly #program: Program;
  #from = 0;

  constructor(w: World, terminal: string) {
    const stream = () => openStream({ home: w.home, entry: null }, 'terminal', { terminal });
    const attach = { type: 'attach' as const, tail: 1024 * 1024, stdin: true, size: SIZE };
    this.#program = new Program({
      begin: stream,
      resume: null,
      watching: true,
      first: { ...attach, from: null },
      output: async (_, bytes) => {
        this.text += bytes.toString();
        this.hash.update(bytes);
      },
    });
    this.ended = this.#program.run();
    // What ends with its service is told by whoever awaits it.
    this.ended.catch(() => undefined);
  }

  type(keys: string): void {
    void this.#program.write(Buffer.from(keys));
  }

  async shows(text: string): Promise<void> {
    await eventually(
      () => this.text.indexOf(text, this.#from) >= 0,
      () => `${JSON.stringify(text)} in ${JSON.stringify(this.text.slice(this.#from))}`,
    );
    this.#from = this.text.indexOf(text, this.#from) + text.length;
  }

  leave(): void {
    this.#program.abort();
  }
}

async function machine(w: World, name = 'web'): Promise<void> {
  await w.mvm(['run', '-d', '--name', name, 'linux', 'sleep', '600']);
}

/** The shell that serves a terminal, by what it says of itself. */
async function pidOf(view: View): Promise<number> {
  await eventually(() => /[$#] $/.test(view.text), 'the prompt');
  view.type('echo pid is $$\r');
  await view.shows('\npid is ');
  await eventually(() => /\npid is \d+\r/.test(view.text), 'the number');
  return Number(/\npid is (\d+)\r/.exec(view.text)?.[1]);
}

const lives = (pid: number): boolean => existsSync(`/proc/${pid}`);

describe('a terminal of a machine', () => {
  it('is there for every window that looks, and after a service that was killed', async () => {
    const w = world();
    await machine(w);
    const { id, title, session } = await open(w, { kind: 'exec', machine: 'web', command: [] });
    expect([title, session]).toEqual(['web', expect.stringMatching(/^[0-9a-f]{32}$/)]);
    const first = new View(w, id);
    await first.shows('# ');
    first.type('echo one $((1 + 1))\r');
    await first.shows('\none 2');
    first.leave();
    const second = new View(w, id);
    await second.shows('\none 2');
    await w.killService();
    expect((await w.mvm(['ps'])).code).toBe(0);
    expect(await find(w, id)).toMatchObject({ kind: 'exec', title: 'web', ended: null });
    const third = new View(w, id);
    await third.shows('\none 2');
    third.type('echo two; exit 6\r');
    await third.shows('\ntwo');
    expect(await third.ended).toMatchObject({ exit: { code: 6 } });
    expect((await find(w, id))?.ended).toEqual({ code: 6, reason: null });
    const late = new View(w, id);
    expect(await late.ended).toMatchObject({ exit: { code: 6 } });
    expect(late.text).toMatch(/one 2[\s\S]*two/);
  });

  it('hangs up on what was started for it when it is closed, and on nothing else', async () => {
    const w = world();
    await machine(w);
    const own = await open(w, { kind: 'exec', machine: 'web', command: ['sleep', '500'] });
    const main = await open(w, { kind: 'attach', session: 'web' });
    expect(own.title).toBe('sleep 500');
    expect((await open(w, { kind: 'attach', session: main.session })).id).toBe(main.id);
    for (const { id } of [own, main]) expect((await w.api('DELETE', `/v1/terminals/${id}`)).status).toBe(200);
    expect(await terminals(w)).toEqual([]);
    expect(JSON.parse((await w.mvm(['sessions', '--json'])).stdout)).toMatchObject([{ main: true }]);
    expect((await w.api('DELETE', `/v1/terminals/${own.id}`)).status).toBe(404);
  });

  it('carries 50 MB to the byte, while the service answers others', async () => {
    const w = world();
    await machine(w);
    const program = readFileSync(['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path)) as string);
    const rounds = Math.ceil(50e6 / program.length);
    const script = `stty raw -echo; echo ready; read go; for i in $(seq ${rounds}); do cat /bin/busybox; done`;
    const { id } = await open(w, { kind: 'exec', machine: 'web', command: ['sh', '-c', script] });
    const view = new View(w, id);
    await view.shows('ready\n');
    view.type('\n');
    let answers = 0;
    for (const over = view.ended.then(() => true); !(await Promise.race([over, turn(false)])); answers++)
      expect((await w.api('GET', '/v1/machines')).status).toBe(200);
    expect(answers).toBeGreaterThan(10);
    expect(await view.ended).toMatchObject({ exit: { code: 0 } });
    const expected = createHash('sha256').update('ready\n');
    for (let round = 0; round < rounds; round++) expected.update(program);
    expect(view.hash.digest('hex')).toBe(expected.digest('hex'));
  });

  it('ends when its machine is removed under it', async () => {
    const w = world();
    await machine(w);
    const { id } = await open(w, { kind: 'exec', machine: 'web', command: [] });
    const view = new View(w, id);
    await view.shows('# ');
    await w.mvm(['rm', '-f', 'web']);
    // All programs of a machine are killed with it.
    expect(await view.ended).toMatchObject({ exit: { code: 137, signal: 'SIGKILL' } });
    expect((await find(w, id))?.ended).toEqual({ code: 137, reason: null });
  });
});

describe('a shell of this host', () => {
  const withShell = () => world({ env: { SHELL: '/bin/sh', PS1: '$ ', ENV: '' } });

  it('has mvm on its PATH, and every window finds it again', async () => {
    const w = withShell();
    await w.mvm(['ps']);
    const { id, machine } = await open(w, { kind: 'shell' });
    expect(machine).toBeNull();
    const first = new View(w, id);
    const pid = await pidOf(first);
    first.type('stty size; mvm ps --json; cd /usr\r');
    await first.shows('\n24 80');
    await first.shows('[]');
    first.leave();
    const second = new View(w, id);
    await second.shows('\n24 80');
    second.type('pwd; exit 3\r');
    await second.shows('\n/usr');
    expect(await second.ended).toMatchObject({ exit: { code: 3 } });
    await eventually(() => !lives(pid), 'the end of the shell');
    expect((await find(w, id))?.ended).toEqual({ code: 3, reason: null });
  });

  it('ends with its service, however that ends, and is known to have', async () => {
    const w = withShell();
    for (const how of ['killed', 'asked to end'] as const) {
      await w.mvm(['ps']);
      const { id } = await open(w, { kind: 'shell' });
      const view = new View(w, id);
      const pid = await pidOf(view);
      // An engine that starts meanwhile must not hold the terminal open.
      const name = how.replaceAll(' ', '-');
      await machine(w, name);
      if (how === 'killed') await w.killService();
      else await w.api('POST', '/v1/shutdown');
      await eventually(() => !lives(pid), 'the end of the shell');
      expect((await w.mvm(['ps', '--json'])).stdout).toContain(name);
      expect(await find(w, id)).toMatchObject({ ended: { code: null, reason: 'it ended with the service' } });
    }
  });

  it('is nothing that an engine could type into', async () => {
    const w = withShell();
    await w.mvm(['ps']);
    await open(w, { kind: 'shell' });
    await machine(w);
    const engines = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(w.home));
    const held = engines.flatMap((pid) =>
      readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`)),
    );
    expect(held.length).toBeGreaterThan(3);
    expect(held.filter((path) => path.includes('ptmx'))).toEqual([]);
  });

  it('keeps the service from being idle, and is killed when it ignores that it is closed', async () => {
    const w = withShell();
    await w.mvm(['ps']);
    await w.api('PUT', '/v1/settings/idleMs', { value: 200 });
    const first = await w.servicePid();
    await w.api('POST', '/v1/shutdown');
    await eventually(() => !lives(first), 'the end of the first service');
    // Somebody is there until the shell is.
    const watcher = w.start(['events', '--json']);
    await eventually(() => watcher.stdout() !== '', 'the next service');
    const { id } = await open(w, { kind: 'shell' });
    const view = new View(w, id);
    const pid = await pidOf(view);
    watcher.child.kill();
    view.type('trap "" HUP; echo deaf\r');
    await view.shows('\ndeaf');
    view.leave();
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(lives(pid)).toBe(true);
    const service = await w.servicePid();
    expect((await w.api('DELETE', `/v1/terminals/${id}`)).status).toBe(200);
    expect(lives(pid)).toBe(false);
    await eventually(() => !lives(service), 'the idle end');
  });
});

function commandOf(pid: string): string {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return words.includes('qemu') ? words : '';
  } catch {
    // It ended while we looked.
    return '';
  }
}

describe('events', () => {
  it('tell of terminals: those there are, those that open, end and are closed', async () => {
    const w = world({ env: { SHELL: '/bin/sh' } });
    await w.mvm(['ps']);
    const before = await open(w, { kind: 'shell' });
    const socket = new WebSocket('ws://mvm/v1/events', { createConnection: () => connect(w.socketPath) });
    const events: ServiceEvent[] = [];
    socket.on('message', (data) => events.push(JSON.parse(String(data))));
    await eventually(() => events.length > 0, 'the snapshot');
    expect(events[0]).toMatchObject({ type: 'snapshot', terminals: [{ id: before.id }] });
    const { id } = await open(w, { kind: 'shell' });
    const view = new View(w, id);
    view.type('exit\r');
    await view.ended;
    await w.api('DELETE', `/v1/terminals/${id}`);
    await eventually(() => events.at(-1)?.type === 'terminal-removed', 'the removal');
    const told = events.slice(1).map((event) => (event.type === 'terminal' ? event.terminal.ended : event.type));
    expect(told).toEqual([null, { code: 0, reason: null }, 'terminal-removed']);
    socket.close();
  });
});

/** A checkout whose node-pty was not built. */
function withoutPty(): { bundles: string; build(): void } {
  const root = join(import.meta.dirname, '../..');
  const folder = mkdtempSync(join(tmpdir(), 'mvm-without-pty-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const bundles = join(folder, '.build');
  for (const name of ['cli.cjs', 'service.mjs', 'erofs-worker.mjs', 'artifacts.json'])
    cpSync(join(root, '.build', name), join(bundles, name));
  const [from, to] = [root, folder].map((place) => join(place, 'node_modules')) as [string, string];
  mkdirSync(to);
  symlinkSync(join(from, 'better-sqlite3'), join(to, 'better-sqlite3'));
  const take = (part: string) => cpSync(join(from, 'node-pty', part), join(to, 'node-pty', part), { recursive: true });
  for (const part of ['package.json', 'lib']) take(part);
  return { bundles, build: () => take('build/Release/pty.node') };
}

describe('without the native part that shells of this computer need', () => {
  it('the doctor says what to do, as whoever opens one is told, until it is there', async () => {
    const { bundles, build } = withoutPty();
    const w = world({ bundles });
    const lacking = "need node-pty's native part, which is not there or does not load";
    expect(await w.mvm(['doctor'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`^note +terminals .*${lacking}\\n .*--set-up-only`, 'm')),
    });
    expect(await w.api('POST', '/v1/terminals', { kind: 'shell', size: SIZE })).toMatchObject({
      status: 400,
      body: { error: { code: 'terminal.unavailable', message: expect.stringContaining(lacking) } },
    });
    build();
    expect((await w.mvm(['doctor'])).stdout).toMatch(/^ok +terminals /m);
  });
});
