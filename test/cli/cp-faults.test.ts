import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TarInput, writeTar } from '../../images/rootfs/tar-writer.ts';
import type { FolderListing } from '../../vmm/contract/files.ts';
import { eventually, type Running, World } from '../world.ts';

const w = new World();
let here = '';
beforeAll(async () => {
  await w.mvm(['run', '-d', '--name', 'web', 'linux', 'sleep', '100000']);
});
afterAll(() => w.end());
beforeEach(() => {
  here = mkdtempSync(join(tmpdir(), 'mvm-cp-'));
  return () => rmSync(here, { recursive: true });
});

const sh = async (script: string): Promise<string> => (await w.mvm(['exec', 'web', 'sh', '-c', script])).stdout;

const MIB = 1024 * 1024;

/** Not the same anywhere, so that a gap or a doubled piece shows. */
function makeLarge(path: string, mebibytes: number): string {
  const bytes = Buffer.alloc(mebibytes * MIB);
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);
  writeFileSync(path, bytes);
  return createHash('sha256').update(bytes).digest('hex');
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function killService(): Promise<void> {
  const pid = await w.servicePid();
  process.kill(pid, 'SIGKILL');
  await eventually(() => !existsSync(`/proc/${pid}`), 'the end of the service');
}

/** Bytes of what is still under its temporary name in the machine, asked sooner than by a command; 0 while none serves. */
async function arrived(folder: string): Promise<number> {
  const { body } = await w.api('GET', `/v1/machines/web/files?path=${folder}`).catch(() => ({ body: {} }));
  const { entries = [] } = body as Partial<FolderListing>;
  return entries.find(({ name }) => name.startsWith('.mvm-copy'))?.size ?? 0;
}

/** The same here. */
function arrivedHere(): boolean {
  return readdirSync(here).some((name) => name.startsWith('.mvm-copy-'));
}

/** A copy's program in the machine ended, whoever ended it. */
const nothingRuns = () =>
  eventually(
    async () => !(await sh('cat /proc/[0-9]*/cmdline')).includes('copy-'),
    'the end of the copy in the machine',
  );

describe('a service that is killed in the middle of a copy', () => {
  it('into a machine costs nothing', async () => {
    const digest = makeLarge(join(here, 'large'), 60);
    await sh('mkdir -p /in');
    const copy = w.start(['cp', '-q', join(here, 'large'), 'web:/in']);
    for (const mebibytes of [5, 20]) {
      await eventually(async () => (await arrived('/in')) > mebibytes * MIB, `${mebibytes} MiB`);
      await killService();
    }
    expect(await copy.ended).toMatchObject({ code: 0, stderr: '' });
    expect(await sh('sha256sum /in/large; ls -A /in')).toBe(`${digest}  /in/large\nlarge\n`);
  });

  it('out of a machine costs nothing', async () => {
    await sh('mkdir -p /huge; for i in $(seq 40); do cat /bin/busybox; done > /huge/large');
    const digest = (await sh('sha256sum /huge/large')).slice(0, 64);
    const copy = w.start(['cp', '-q', 'web:/huge/large', here]);
    await eventually(arrivedHere, 'the first bytes');
    await killService();
    await w.mvm(['ps']);
    await killService();
    expect(await copy.ended).toMatchObject({ code: 0, stderr: '' });
    expect(await digestOf(join(here, 'large'))).toBe(digest);
    expect(readdirSync(here)).toEqual(['large']);
  });
});

describe('a copy that is interrupted', () => {
  const interrupt = async (copy: Running, signal: NodeJS.Signals) => {
    copy.child.kill(signal);
    return (await copy.ended).code;
  };

  it('into a machine leaves nothing there', async () => {
    makeLarge(join(here, 'large'), 60);
    await sh('mkdir -p /stopped');
    const copy = w.start(['cp', join(here, 'large'), 'web:/stopped']);
    await eventually(async () => (await arrived('/stopped')) > MIB, 'the first bytes');
    expect(await interrupt(copy, 'SIGINT')).toBe(130);
    await nothingRuns();
    expect(await sh('ls -A /stopped')).toBe('');
  });

  it('out of a machine leaves nothing here', async () => {
    await sh('[ -e /huge/large ] || for i in $(seq 40); do cat /bin/busybox; done > /huge/large');
    const copy = w.start(['cp', 'web:/huge/large', here]);
    await eventually(arrivedHere, 'the first bytes');
    expect(await interrupt(copy, 'SIGTERM')).toBe(143);
    expect(readdirSync(here)).toEqual([]);
    await nothingRuns();
  });

  it('because its terminal is gone ends in the machine too', async () => {
    const copy = w.start(['cp', 'web:/huge/large', here]);
    await eventually(arrivedHere, 'the first bytes');
    await w.api('PUT', '/v1/settings/clientGraceMs', { value: 2_000 });
    copy.child.kill('SIGKILL');
    await copy.ended;
    await nothingRuns();
    await w.api('PUT', '/v1/settings/clientGraceMs', { value: 10_000 });
  });
});

describe('a machine that ends in the middle of a copy', () => {
  it('is named, with what is there and what is not', async () => {
    await w.mvm(['run', '-d', '--name', 'short', 'linux', 'sh', '-c', 'sleep 100000']);
    await w.mvm([
      'exec',
      'short',
      'sh',
      '-c',
      'mkdir /t; cp /etc/passwd /t/a; for i in $(seq 40); do cat /bin/busybox; done > /t/b',
    ]);
    const copy = w.start(['cp', '-q', 'short:/t', here]);
    await eventually(() => existsSync(join(here, 't')) && readdirSync(join(here, 't')).length > 1, 'the first bytes');
    await w.mvm(['rm', '-f', 'short']);
    const { code, stderr } = await copy.ended;
    expect(code).toBe(125);
    expect(stderr).toMatch(/short.*; \d files? .*in .*, t\/b and what comes after it are not/);
    expect(readdirSync(join(here, 't')).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(existsSync(join(here, 't/b'))).toBe(false);
  });
});

const small = mkdtempSync(join(tmpdir(), 'mvm-small-'));
const canMount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small]).status === 0;
const why = canMount ? '' : ' (skipped: mounting a small tmpfs needs root)';
afterAll(() => {
  if (canMount) execFileSync('umount', [small]);
  rmSync(small, { recursive: true });
});

it.each([
  ['> /dev/full', 125, 'mvm: stdout cannot be written: ENOSPC: no space left on device, write\n'],
  ['| true', 141, ''],
])('an archive that nobody takes is no mistake of ours: mvm cp web:/bin - %s', async (where, code, said) => {
  const cli = join(import.meta.dirname, '../../.build/cli.cjs');
  const line = `set -o pipefail; '${process.execPath}' '${cli}' cp -q web:/bin - ${where}`;
  const { status, stderr } = spawnSync('bash', ['-c', line], { env: w.env, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: code, stderr: said });
  await nothingRuns();
});

it('an archive from stdin is counted as it goes in', async () => {
  const archive = execFileSync('tar', ['-c', '-C', join(import.meta.dirname, '../..'), 'package.json']);
  const { stdout } = await w.mvm(['cp', '--json', '-', 'web:/tmp'], archive);
  expect(JSON.parse(stdout)).toMatchObject({ bytes: archive.length });
});

it.skipIf(!canMount)(`a full disk here is told, with what is there and what is not${why}`, async () => {
  await sh('mkdir -p /five && cd /five && for i in 1 2 3 4 5; do head -c 700000 /bin/busybox > $i; done');
  const { code, stderr } = await w.mvm(['cp', '-q', 'web:/five', small]);
  expect(code).toBe(125);
  expect(stderr).toMatch(
    /there is no room for five\/\d in .*; 3 files and folders are in .*, five\/\d and what comes after/,
  );
  expect(readdirSync(join(small, 'five'))).toHaveLength(2);
  await nothingRuns();
});

/** Its own programs take the place of the agent's: what they send is all that the host knows of its files. */
describe('a machine that answers a copy with what it likes', () => {
  beforeAll(async () => {
    await w.mvm(['run', '-d', '--name', 'hostile', 'linux', 'sleep', '100000']);
    const script =
      'mount -t tmpfs t /proc && mkdir -p /proc/self/fd && cat > /proc/self/fd/3 && chmod +x /proc/self/fd/3';
    await w.mvm(['exec', '-i', 'hostile', 'sh', '-c', script], '#!/bin/sh\ncat /answer; exec cat /said >&2\n');
  });

  /** What a copy of `src` to `here/box` says, when the machine answers so. */
  async function answer(archive: Buffer, said = ''): Promise<{ code: number; stderr: string }> {
    for (const [name, text] of [
      ['/answer', archive],
      ['/said', said],
    ] as const)
      await w.mvm(['exec', '-i', 'hostile', 'sh', '-c', `cat > ${name}`], text);
    mkdirSync(join(here, 'box'));
    return w.mvm(['cp', '-q', 'hostile:/src', join(here, 'box')]);
  }

  const file = (path: string, change: object = {}): TarInput => ({
    path,
    kind: 'file',
    content: Buffer.from('x'),
    ...change,
  });
  const top: TarInput = { path: 'src', kind: 'directory' };

  it('cannot write anywhere else', async () => {
    const { code, stderr } = await answer(
      writeTar([
        top,
        file('../../planted'),
        file('/tmp/mvm-planted'),
        file('planted'),
        { path: 'src/l', kind: 'symlink', target: here },
        file('src/l/planted'),
        { path: 'src/dev', kind: 'block', major: 8, minor: 0 },
        { path: 'src/up', kind: 'symlink', target: '../..' },
        { path: 'src/h', kind: 'hardlink', target: '../planted' },
        file('src/suid', { mode: 0o6755 }),
      ]),
    );
    expect(code).toBe(125);
    expect(stderr).toContain('8 left out, the rest is copied');
    expect(readdirSync(here)).toEqual(['box']);
    expect(readdirSync(join(here, 'box'))).toEqual(['src']);
    expect(readdirSync(join(here, 'box/src'))).toEqual(['suid']);
    expect(existsSync('/tmp/mvm-planted')).toBe(false);
  });

  it('cannot answer with something else than was asked for', async () => {
    const { code, stderr } = await answer(writeTar([{ path: '.', kind: 'directory' }, file('./.bashrc')]));
    expect(code).toBe(125);
    expect(stderr).toContain('not what was asked for');
    expect(readdirSync(join(here, 'box'))).toEqual([]);
  });

  it('is refused when it sends no archive, or none to its end', async () => {
    expect((await answer(Buffer.from('#!/bin/sh\n'.repeat(1000)))).stderr).toContain('is no copy');
    rmSync(join(here, 'box'), { recursive: true });
    const torn = await answer(writeTar([file('src', { content: Buffer.alloc(5000) })]).subarray(0, 3000));
    expect(torn.code).toBe(125);
    expect(torn.stderr).toContain('the copy came without its end');
    expect(readdirSync(join(here, 'box'))).toEqual([]);
  });

  it('cannot speak to the terminal', async () => {
    const said = '{"code":"copy.left-out","message":"\\u001b]0;a\\u0007b"}\n\x1b[2Jpanic\n';
    const { stderr } = await answer(
      writeTar([top, file('src/\x1b]0;c\x07', { mode: 0 }), { path: 'src/\x1b[2J', kind: 'fifo' }]),
      said,
    );
    expect(stderr).toContain('\\x1b]0;a\\x07b');
    expect(stderr).not.toContain('\x07');
    expect(stderr).not.toContain('\x1b');
  });
});
