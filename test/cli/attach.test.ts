import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { homePaths } from '../../vmm/paths.ts';
import { terminal } from '../terminal.ts';
import { eventually, type Running, type World, world } from '../world.ts';

const DETACH = '\x10\x11';

interface Listed {
  id: string;
  main: boolean;
  attached: number;
  argv: string[];
}

const sessions = async (w: World): Promise<Listed[]> =>
  JSON.parse((await w.mvm(['sessions', '--json'])).stdout) as Listed[];

/** A terminal with a shell that is there. */
async function shell(w: World, args: string[]): Promise<ReturnType<typeof terminal>> {
  const opened = terminal(w, args);
  await opened.shows('# ');
  return opened;
}

describe('a program with a terminal', () => {
  it('runs on after ctrl-p ctrl-q, and whoever attaches sees what it showed, types, and gets its exit code', async () => {
    const w = world();
    const first = await shell(w, ['run', '-it', 'linux', 'sh']);
    first.pty.write('echo before $((1 + 1))\r');
    await first.shows('before 2');
    first.pty.write(DETACH);
    await first.shows('mvm attach');
    expect(await first.exited).toBe(0);
    const [machine] = await w.machines();
    expect(machine?.state.name).toBe('running');
    const again = terminal(w, ['attach', machine?.name ?? '']);
    await again.shows('before 2');
    again.pty.write('echo after; exit 7\r');
    await again.shows('\nafter');
    expect(await again.exited).toBe(7);
    await eventually(async () => (await w.machines()).length === 0, 'the end of the ephemeral machine');
    // It is not listed any more while its engine and its folder go.
    await eventually(() => readdirSync(homePaths(w.home).machines).length === 0, 'the folder to go');
  });

  it('gets ctrl-p when another key follows, and when none does', async () => {
    const w = world();
    const script = 'stty raw -echo; echo ready; for i in 1 2; do dd bs=1 count=1 2> /dev/null | od -An -tx1; done';
    const typed = terminal(w, ['run', '-it', 'linux', 'sh', '-c', script]);
    await typed.shows('ready');
    typed.pty.write('\x10');
    await typed.shows(' 10');
    typed.pty.write('\x10x');
    await typed.shows(' 10');
    expect(await typed.exited).toBe(0);
  });

  it('is left with other keys when they are asked for', async () => {
    const w = world();
    const typed = await shell(w, ['run', '-it', '--name', 'kept', '--detach-keys', 'ctrl-a,d', 'linux', 'sh']);
    typed.pty.write(DETACH);
    typed.pty.write('\x01d');
    expect(await typed.exited).toBe(0);
    expect((await w.mvm(['run', '-it', '--detach-keys', 'ctrl-ä', 'linux'])).stderr).toContain('ctrl-p,ctrl-q');
  });

  it('has a session of its own beside the machine’s, and its files go with it', async () => {
    const w = world();
    await w.mvm(['run', '-d', '--name', 'web', 'linux', 'sleep', '600']);
    const first = await shell(w, ['exec', '-it', 'web', 'sh']);
    first.pty.write('cd /etc; pwd\r');
    await first.shows('\n/etc');
    first.pty.write(DETACH);
    expect(await first.exited).toBe(0);
    const [further] = (await sessions(w)).filter(({ main }) => !main);
    expect(further).toMatchObject({ argv: ['sh'], attached: 0 });
    await w.killService();
    expect((await sessions(w)).find(({ id }) => id === further?.id)).toMatchObject({ argv: ['sh'], attached: 0 });
    const again = terminal(w, ['attach', further?.id.slice(0, 8) ?? '']);
    await again.shows('/etc');
    again.pty.write('pwd; exit 4\r');
    await again.shows('\n/etc');
    expect(await again.exited).toBe(4);
    await eventually(async () => (await sessions(w)).length === 1, 'the end of the session');
    const [machine] = await w.machines();
    const folder = join(homePaths(w.home).machines, machine?.id ?? '', 'sessions');
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
  });

  it('is typed into by all who attach, and has the size of who changed it last', async () => {
    const w = world();
    const one = await shell(w, ['run', '-it', '--name', 'both', 'linux', 'sh']);
    const two = terminal(w, ['attach', 'both'], { cols: 100, rows: 30 });
    await two.shows('# ');
    one.pty.write('echo from one\r');
    await two.shows('\nfrom one');
    two.pty.write('stty size; echo from two\r');
    await one.shows('30 100');
    await one.shows('from two');
    one.pty.resize(90, 20);
    await eventually(() => {
      two.pty.write('stty size\r');
      return two.seen().includes('20 90');
    }, 'the size of one');
    two.pty.write(DETACH);
    expect(await two.exited).toBe(0);
    one.pty.write('exit 3\r');
    expect(await one.exited).toBe(3);
  });

  it('is there again for all who watch when the service is killed', async () => {
    const w = world();
    const one = await shell(w, ['run', '-it', '--name', 'both', 'linux', 'sh']);
    const two = terminal(w, ['attach', 'both']);
    await two.shows('# ');
    for (const round of [1, 2, 3]) {
      await w.killService();
      one.pty.write(`echo round ${round} of one\r`);
      await one.shows(`\nround ${round} of one`);
      await two.shows(`\nround ${round} of one`);
      two.pty.write(`echo round ${round} of two\r`);
      await one.shows(`\nround ${round} of two`);
    }
    two.pty.write('exit 9\r');
    expect([await one.exited, await two.exited]).toEqual([9, 9]);
    const shown = (text: string) => text.split('\nround 2 of one').length - 1;
    expect([shown(one.seen()), shown(two.seen())]).toEqual([1, 1]);
  });
});

describe('a service that is killed at any moment', () => {
  it.each([1, 2, 3])('costs one who types not a key, and doubles none (seed %i)', async (seed) => {
    const w = world();
    const script = 'stty -echo; echo ready; while read line; do echo "<$line>"; done';
    await w.mvm(['run', '-dit', '--name', 'keys', 'linux', 'sh', '-c', script]);
    const typist = terminal(w, ['attach', 'keys']);
    await typist.shows('ready');
    let typed = 0;
    for (const pause of pauses(seed, 8)) {
      const until = performance.now() + pause;
      do {
        typist.pty.write(`${++typed}\r`);
        await new Promise((resolve) => setTimeout(resolve, 1));
      } while (performance.now() < until);
      await w.killService();
      typist.pty.write(`${++typed}\r`);
      // The next one is there when somebody else asks for it, or this client comes back.
      await w.mvm(['ps']);
    }
    await typist.shows(`<${typed}>`);
    const read = [...typist.seen().matchAll(/<(\d+)>/g)].map((found) => Number(found[1]));
    expect(read).toEqual(Array.from({ length: typed }, (_, index) => index + 1));
    typist.pty.write(DETACH);
    expect(await typist.exited).toBe(0);
    await w.killService();
    expect(JSON.parse((await w.mvm(['sessions', '--json'])).stdout)).toMatchObject([{ main: true, attached: 0 }]);
  });

  it('as one detaches, leaves the program running', async () => {
    const w = world();
    const own = await shell(w, ['run', '-it', 'linux', 'sh']);
    const service = await w.servicePid();
    process.kill(service, 'SIGSTOP');
    own.pty.write(DETACH);
    await new Promise((resolve) => setTimeout(resolve, 100));
    // This one never hears of it: the next one must.
    process.kill(service, 'SIGKILL');
    await own.shows('mvm attach');
    expect(await own.exited).toBe(0);
    const [machine] = await w.machines();
    await w.killService();
    expect((await w.machines())[0]?.state.name).toBe('running');
    const again = terminal(w, ['attach', machine?.name ?? '']);
    await again.shows('# ');
    again.pty.write('exit 2\r');
    expect(await again.exited).toBe(2);
  });
});

/** Pseudo-random pauses of up to 150 ms: Marsaglia's xorshift. */
function* pauses(seed: number, count: number): Generator<number> {
  let state = seed * 0x9e3779b9;
  for (let index = 0; index < count; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield (state >>> 0) % 150;
  }
}

/** Prints so much of a known program, once somebody typed a line. */
function flood(mebibytes: number): { script: string; digest: string; bytes: number } {
  const program = readFileSync(['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path)) as string);
  const rounds = Math.ceil((mebibytes * 1024 * 1024) / program.length);
  const hash = createHash('sha256');
  let bytes = 0;
  for (let round = 0; round < rounds; round++) {
    hash.update(`${round}\n`).update(program);
    bytes += program.length + `${round}\n`.length;
  }
  const script = `read go; i=0; while [ $i -lt ${rounds} ]; do echo $i; cat /bin/busybox; i=$((i + 1)); done; exit 5`;
  return { script, digest: hash.digest('hex'), bytes };
}

function digesting({ child }: Running): { bytes(): number; digest(): string } {
  const hash = createHash('sha256');
  let bytes = 0;
  child.stdout?.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    bytes += chunk.length;
  });
  return { bytes: () => bytes, digest: () => hash.digest('hex') };
}

describe('a program without a terminal', () => {
  it('is attached to as well: not a byte is lost or doubled, also when the service is killed', async () => {
    const w = world();
    const { script, digest } = flood(40);
    await w.mvm(['run', '-d', '-i', '--name', 'flood', 'linux', 'sh', '-c', script]);
    const watcher = w.start(['attach', 'flood']);
    const seen = digesting(watcher);
    watcher.child.stdin?.end('go\n');
    for (const mebibytes of [5, 15, 30]) {
      await eventually(() => seen.bytes() > mebibytes * 1024 * 1024, `${mebibytes} MiB`);
      await w.killService();
    }
    expect(await watcher.ended).toMatchObject({ code: 5, stderr: '' });
    expect(seen.digest()).toBe(digest);
  });

  it('is watched while its own client goes on with it', async () => {
    const w = world();
    const { script, digest } = flood(20);
    const own = w.start(['run', '-i', 'linux', 'sh', '-c', `echo up; ${script}`]);
    await eventually(() => own.stdout().includes('up'), 'the program');
    const [machine] = await w.machines();
    const watcher = w.start(['attach', '--no-stdin', machine?.id ?? '']);
    await eventually(async () => (await sessions(w))[0]?.attached === 2, 'the watcher');
    const seen = digesting(watcher);
    own.child.stdin?.end('go\n');
    expect((await own.ended).code).toBe(5);
    expect(await watcher.ended).toMatchObject({ code: 5, stderr: '' });
    expect(seen.digest()).toBe(digest);
  });

  it('waits for a watcher that takes nothing, but not for ever: the others see the end', async () => {
    const w = world();
    const { script, digest } = flood(40);
    await w.mvm(['run', '-d', '-i', '--name', 'flood', 'linux', 'sh', '-c', script]);
    const slow = w.start(['attach', '--no-stdin', 'flood']);
    const quick = w.start(['attach', 'flood']);
    await eventually(async () => (await sessions(w))[0]?.attached === 2, 'both');
    const seen = digesting(quick);
    slow.child.kill('SIGSTOP');
    quick.child.stdin?.write('go\n');
    expect((await quick.ended).code).toBe(5);
    expect(seen.digest()).toBe(digest);
    slow.child.kill('SIGCONT');
    const late = await slow.ended;
    expect(late.stderr).toMatch(/not kept any more|not taken in time/);
  });

  it('shows no scrollback to who wants none, and goes on when a reader goes away', async () => {
    const w = world();
    const script = 'echo old; read go; echo new; yes | head -n 100000; sleep 600';
    await w.mvm(['run', '-d', '-i', '--name', 'talk', 'linux', 'sh', '-c', script]);
    await eventually(async () => (await w.mvm(['logs', 'talk'])).stdout === 'old\n', 'its output');
    const reader = w.start(['attach', '--scrollback', '0', 'talk']);
    reader.child.stdout?.once('data', () => reader.child.stdout?.destroy());
    reader.child.stdin?.write('go\n');
    const { code, stdout } = await reader.ended;
    expect([code, stdout.startsWith('new\n')]).toEqual([141, true]);
    expect((await w.machines())[0]?.state.name).toBe('running');
  });

  it('gets the signals of who attached, unless they are not to be handed on', async () => {
    const w = world();
    const script = 'trap "echo interrupted; exit 8" INT; echo up; while :; do sleep 0.1; done';
    await w.mvm(['run', '-d', '--name', 'trap', 'linux', 'sh', '-c', script]);
    const apart = w.start(['attach', '--sig-proxy=false', 'trap']);
    await eventually(() => apart.stdout().includes('up'), 'its output');
    apart.child.kill('SIGINT');
    expect((await apart.ended).code).toBe(130);
    const near = w.start(['attach', 'trap']);
    await eventually(() => near.stdout().includes('up'), 'its output');
    near.child.kill('SIGHUP');
    expect((await near.ended).code).toBe(129);
    const last = w.start(['attach', 'trap']);
    await eventually(() => last.stdout().includes('up'), 'its output');
    last.child.kill('SIGINT');
    expect(await last.ended).toMatchObject({ code: 8, stdout: 'up\ninterrupted\n' });
  });
});

describe('attach', () => {
  it('says what is wrong with what it is given', async () => {
    const w = world();
    expect(await w.mvm(['attach', 'nothing'])).toMatchObject({ code: 125 });
    await w.mvm(['run', '--name', 'done', 'linux', 'true']);
    const stopped = await w.mvm(['attach', 'done']);
    expect(stopped.code).toBe(125);
    expect(stopped.stderr).toMatch(/not running[\s\S]*mvm start done/);
    expect((await w.mvm(['attach', 'don'])).stderr).toContain("Did you mean 'done'?");
  });

  it('wants a terminal for a program that has one, or no stdin', async () => {
    const w = world();
    await w.mvm(['run', '-dit', '--name', 'tty', 'linux', 'sh', '-c', 'echo there; read line']);
    const refused = await w.mvm(['attach', 'tty']);
    expect(refused.code).toBe(125);
    expect(refused.stderr).toContain('--no-stdin');
    const watching = w.start(['attach', '--no-stdin', 'tty']);
    await eventually(() => watching.stdout().includes('there'), 'its output');
    await w.mvm(['kill', 'tty']);
    expect((await watching.ended).code).toBe(137);
  });
});
