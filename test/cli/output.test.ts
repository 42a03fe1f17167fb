import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually, type World, world } from '../world.ts';

const CLI = join(import.meta.dirname, '../../.build/cli.cjs');

const shellEnv = (env: NodeJS.ProcessEnv) => ({ ...env, NODE: process.execPath, CLI });

const inShell = (line: string, env: NodeJS.ProcessEnv) =>
  spawnSync('sh', ['-c', line], { env: shellEnv(env), encoding: 'utf8' });

describe('output that cannot be written', () => {
  it.each(['version', 'ps', 'run linux echo hi', 'run --help'])('is one line on stderr: mvm %s', (args) => {
    const { status, stderr } = inShell(`"$NODE" "$CLI" ${args} > /dev/full`, world().env);
    expect(stderr).toBe('mvm: stdout cannot be written: ENOSPC: no space left on device, write\n');
    expect(status).toBe(125);
  });
});

describe('help', () => {
  it.each([[[]], [['help']], [['--help']]])('is had by mvm %j', async (args) => {
    const { stdout, stderr, code } = await world().mvm(args);
    expect(stdout).toMatch(/^ {2}run {3,}Boot a machine/m);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  });

  it.each([[['help', 'ps']], [['ps', '--help']]])('of one command is had by mvm %j', async (args) => {
    expect((await world().mvm(args)).stdout).toMatch(/^Usage: mvm ps/m);
  });
});

describe('a failure', () => {
  it('is a sentence when MVM_HOME is a file', () => {
    const { status, stderr } = inShell('"$NODE" "$CLI" ps', { ...world().env, MVM_HOME: CLI });
    expect(stderr).toMatch(/^mvm: the mvm service of \S+ cannot be reached: .*\nSet MVM_HOME to a folder/);
    expect(status).toBe(125);
  });

  it.each([
    [['ps', '--jsno', '--json'], 'usage'],
    [['ps', '--json', 'extra'], 'usage'],
    [['rm', '--json', 'nowhere'], 'machine.not-found'],
    [['run', '--json', 'nowhere'], 'image.not-found'],
    [['rum', '--json'], 'usage'],
  ])('is JSON on stderr when JSON was asked for: mvm %j', async (args, code) => {
    const { stderr } = await world().mvm(args);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code, hint: expect.any(String) } });
  });

  it('is a sentence when --json is a word of the program', async () => {
    expect((await world().mvm(['run', 'nowhere', 'ls', '--json'])).stderr).toMatch(/^mvm: there is no image/);
  });
});

interface Line {
  channel: string;
  at: number;
  text: string;
}

const linesOf = async (w: World, machine: string): Promise<Line[]> =>
  (await w.mvm(['logs', '--json', machine])).stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** Lines of stdout. A service that is kept from its work takes several at once, with one time. */
const printed = (lines: Line[]): string =>
  lines.map(({ channel, text }) => (channel === 'stdout' ? `${text}\n` : '')).join('');

describe('logs', () => {
  it('show what a detached machine that leaves nothing behind has printed so far', async () => {
    const w = world();
    const { stdout } = await w.mvm(['run', '-d', '--rm', 'linux', 'sh', '-c', 'echo up; sleep 600']);
    const followed = w.start(['logs', '--follow', stdout.trim()]);
    await eventually(() => followed.stdout() === 'up\n', 'the follower to have it');
    await w.mvm(['kill', stdout.trim()]);
    expect((await followed.ended).stdout).toBe('up\n');
  });

  it('have the times of their lines, and are JSON when that is asked for', async () => {
    const w = world();
    const began = Date.now();
    const script = 'echo one; until [ -e /go ]; do sleep 0.05; done; echo oops >&2; printf two';
    await w.mvm(['run', '-d', '--name', 'said', 'linux', 'sh', '-c', script]);
    await eventually(async () => (await w.mvm(['logs', 'said'])).stdout === 'one\n', 'the first line');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await w.mvm(['exec', 'said', 'touch', '/go']);
    await w.mvm(['wait', 'said']);
    const { stdout, stderr } = await w.mvm(['logs', '--json', 'said']);
    const lines = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const said = lines.map(({ channel, text }) => `${channel} ${text}`);
    expect({ said: said.sort(), stderr }).toEqual({ said: ['stderr oops', 'stdout one', 'stdout two'], stderr: '' });
    const at = Object.fromEntries(lines.map((line) => [line.text, line.at]));
    expect(at.one).toBeGreaterThanOrEqual(began);
    expect(at.two - at.one).toBeGreaterThan(200);
    const stamped = await w.mvm(['logs', '-t', 'said']);
    expect(stamped.stdout).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z one\n\S+ two\n$/);
    expect(stamped.stderr).toMatch(/^\S+Z oops\n$/);
    const console = (await w.mvm(['console', '--json', 'said'])).stdout.split('\n').filter(Boolean);
    for (const line of console) expect(JSON.parse(line)).toMatchObject({ channel: 'console', at: null });
  });

  it('keep the order of both outputs, and so does who attaches later', async () => {
    const w = world();
    const script = 'for n in 1 2 3; do echo out $n; sleep 0.2; echo err $n >&2; sleep 0.2; done; exec sleep 600';
    await w.mvm(['run', '-d', '--name', 'mixed', 'linux', 'sh', '-c', script]);
    const inOrder = 'out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n';
    const logs = () => inShell('"$NODE" "$CLI" logs mixed 2>&1', w.env).stdout;
    await eventually(() => logs().length === inOrder.length, 'all of it');
    expect(logs()).toBe(inOrder);
    const lines = await linesOf(w, 'mixed');
    const at = lines[2]?.at ?? 0;
    const [before, after] = [(at - 1) / 1000, at / 1000];
    const out = async (...args: string[]) => (await w.mvm(['logs', ...args, 'mixed'])).stdout;
    expect(await out('--since', `${after}`)).toBe(printed(lines.filter((line) => line.at >= at)));
    expect(await out('--until', `${before}`)).toBe(printed(lines.filter((line) => line.at < at)));
    const until = lines.filter((line) => line.at <= at);
    expect(await out('--since', '1h', '--until', `${after}`, '--tail', '1')).toBe(printed(until.slice(-1)));
    expect(await out('--follow', '--until', `${Date.now() / 1000 + 0.5}`, '--tail', 'all')).toBe(await out());
    const attached = spawn('sh', ['-c', '"$NODE" "$CLI" attach --no-stdin mixed 2>&1'], { env: shellEnv(w.env) });
    let seen = '';
    attached.stdout.on('data', (bytes) => {
      seen += bytes;
    });
    const left = once(attached, 'close');
    await eventually(() => seen.length === inOrder.length, 'the attached one to have it');
    await w.mvm(['kill', 'mixed']);
    await left;
    expect(seen).toBe(inOrder);
  });

  it('of a machine that is not there say so', async () => {
    const { code, stderr } = await world().mvm(['logs', 'nowhere']);
    expect(stderr).toContain("there is no machine 'nowhere'");
    expect(code).toBe(125);
  });
});
