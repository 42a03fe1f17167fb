import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { memorySource } from '../../images/rootfs/byte-source.ts';
import { readTar } from '../../images/rootfs/tar.ts';
import { type TarInput, writeTar } from '../../images/rootfs/tar-writer.ts';
import { entriesOf, noise, randomTree } from '../images/random-tree.ts';
import { amount } from '../share.ts';
import { type Result, World } from '../world.ts';

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

/** Quietly: how far a slow one is would be told on stderr. */
const cp = (...args: string[]): Promise<Result> => w.mvm(['cp', '-q', ...args]);
const sh = async (script: string): Promise<string> => (await w.mvm(['exec', 'web', 'sh', '-c', script])).stdout;

/** What a person would compare: kind, mode, time, names and contents or target, by name. */
function survey(folder: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const visit = (path: Buffer, name: string) => {
    const { mode, mtimeNs, nlink } = lstatSync(path, { bigint: true });
    const kind = (mode >> 12n).toString(8);
    const time = mtimeNs / 1000n;
    if (kind === '4') {
      found[name] = [mode.toString(8), time];
      for (const child of readdirSync(path, { encoding: 'buffer' }))
        visit(Buffer.concat([path, Buffer.from('/'), child]), `${name}/${child.toString('latin1')}`);
    } else if (kind === '12') found[name] = ['link', readlinkSync(path, { encoding: 'buffer' }).toString('latin1')];
    else found[name] = [mode.toString(8), time, nlink, digest(readFileSync(path))];
  };
  visit(Buffer.from(folder), '');
  return found;
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** To one that Node can set exactly: it takes times as floating point. */
const setTimes = (top: string): Buffer =>
  execFileSync('find', [top, '-exec', 'touch', '-h', '-d', '@1234567890.015625', '{}', '+']);

function makeTree(top: string): void {
  mkdirSync(join(top, 'a/empty'), { recursive: true });
  writeFileSync(join(top, 'a/file'), 'contents\n');
  writeFileSync(join(top, 'large'), Buffer.alloc(1_000_003, 'some bytes '));
  writeFileSync(Buffer.concat([Buffer.from(`${top}/`), Buffer.from([0xff, 0x0a, 0xe4])]), 'odd name');
  writeFileSync(join(top, 'n'.repeat(255)), '');
  linkSync(join(top, 'a/file'), join(top, 'second name'));
  symlinkSync('a/file', join(top, 'link'));
  symlinkSync('../large', join(top, 'a/up'));
  chmodSync(join(top, 'large'), 0o600);
  chmodSync(join(top, 'a/empty'), 0o555);
  setTimes(top);
  utimesSync(join(top, 'a/empty'), 981173106, 981173106);
}

describe('a tree', () => {
  it('comes back as it went, with names of any bytes', async () => {
    makeTree(join(here, 'tree'));
    expect(await cp(join(here, 'tree'), 'web:/srv')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await cp('web:/srv', join(here, 'back'))).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(survey(join(here, 'back'))).toEqual(survey(join(here, 'tree')));
  });

  it('of which an archive says everything keeps all of it in the machine', async () => {
    const trees = fc.sample(randomTree, { numRuns: 3, seed: 7 });
    for (const [index, tree] of trees.entries()) {
      const entries = entriesOf(tree).map(storable);
      const into = `/random-${index}`;
      await sh(`mkdir ${into}`);
      const sent = await w.mvm(['cp', '-aq', '-', `web:${into}`], writeTar(entries));
      expect(sent).toMatchObject({ code: 0, stderr: '' });
      const { bytes, code } = await cp(`web:${into}/.`, '-');
      expect(code).toBe(0);
      expect(described(bytes)).toEqual(described(writeTar(entries)));
    }
  });

  it('of many small files is copied both ways', async () => {
    for (let folder = 0; folder < amount(5, 50); folder++) {
      mkdirSync(join(here, 'many', `${folder}`), { recursive: true });
      for (let file = 0; file < 100; file++)
        writeFileSync(join(here, 'many', `${folder}`, `${file}`), `${folder}/${file}`);
    }
    setTimes(join(here, 'many'));
    expect((await cp(join(here, 'many'), 'web:/tmp')).code).toBe(0);
    expect((await cp('web:/tmp/many', join(here, 'back'))).code).toBe(0);
    expect(survey(join(here, 'back'))).toEqual(survey(join(here, 'many')));
  });
});

/** Attributes (xattrs) do not travel, and a machine's ext4 has times from 1901 to 2446. */
function storable(entry: TarInput): TarInput {
  const { seconds = 0, nanoseconds = 0 } = entry.mtime ?? {};
  const mtime = { seconds: Math.min(Math.max(seconds, 1 - 2 ** 31), 2 ** 33), nanoseconds };
  return { ...entry, mtime, xattrs: new Map() };
}

/** An archive's entries by name, hard links as what they are links to. */
function described(tar: Buffer): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const entry of readTar(memorySource(tar))) {
    const name = entry.path.replace(/\/$/, '');
    const { mode, uid, gid, mtime, kind } = entry;
    const common = { kind, mode: kind === 'symlink' ? 0o777 : mode, uid, gid, mtime };
    if (name === '.') continue;
    if (kind === 'hardlink') found[name] = found[entry.target];
    else if (kind === 'file') {
      const { offset, size } = entry.content;
      found[name] = { ...common, content: digest(tar.subarray(offset, offset + size)) };
    } else if (kind === 'symlink') found[name] = { ...common, target: entry.target };
    else if (kind === 'character' || kind === 'block') found[name] = { ...common, device: [entry.major, entry.minor] };
    else found[name] = common;
  }
  return found;
}

describe('what is copied into a machine', () => {
  it('belongs to root, or with -a to whom it belongs here', async () => {
    const archive = (name: string): Buffer => {
      const attributes = { uid: 1234, gid: 70_000, mode: 0o4755 };
      return writeTar([
        { path: name, kind: 'directory', ...attributes },
        { path: `${name}/f`, kind: 'file', content: Buffer.from('x'), ...attributes },
        { path: `${name}/l`, kind: 'symlink', target: 'f', ...attributes },
      ]);
    };
    await w.mvm(['cp', '-', 'web:/tmp'], archive('plain'));
    await w.mvm(['cp', '-a', '-', 'web:/tmp'], archive('owned'));
    const owners = 'for f in . f l; do stat -c "%u %g %a" $f; done';
    expect(await sh(`cd /tmp/plain; ${owners}`)).toBe('0 0 4755\n0 0 4755\n0 0 777\n');
    expect(await sh(`cd /tmp/owned; ${owners}`)).toBe('1234 70000 4755\n1234 70000 4755\n1234 70000 777\n');
  });

  it('is a link itself, or with -L what it leads to, under its own name', async () => {
    writeFileSync(join(here, 'file'), 'text');
    symlinkSync('file', join(here, 'link'));
    await sh('mkdir -p /links');
    expect((await cp(join(here, 'link'), 'web:/links')).code).toBe(0);
    expect((await cp('-L', join(here, 'link'), 'web:/links/followed')).code).toBe(0);
    expect(await sh('cd /links; readlink link; cat followed')).toBe('file\ntext');
  });

  it('stays below its folder, whatever an archive says, and each file that cannot is named', async () => {
    const file = (path: string): TarInput => ({ path, kind: 'file', content: Buffer.from('x') });
    const archive = writeTar([
      { path: 'd', kind: 'directory' },
      { path: 'd/out', kind: 'symlink', target: '/etc' },
      file('d/out/planted'),
      file('../planted'),
      file('/absolute'),
      { path: 'd/second', kind: 'hardlink', target: '../../etc/passwd' },
      { path: 'd/third', kind: 'hardlink', target: 'd/out/passwd' },
      file('d/last'),
    ]);
    await sh('mkdir -p /jail/box');
    const { code, stderr } = await w.mvm(['cp', '-', 'web:/jail/box'], archive);
    expect(code).toBe(125);
    expect(stderr).toContain('d/out/planted cannot be written: not a directory');
    expect(stderr).toContain('../planted leads out of the folder');
    expect(stderr).toContain('d/second cannot be written: the file that it is a link to leads out of the folder');
    expect(stderr).toContain('4 left out, the rest is copied');
    expect(await sh('cd /jail; find . | sort; ls /etc/planted')).toBe(
      './box ./box/absolute ./box/d ./box/d/last ./box/d/out'.replace(/^/, '. ').replaceAll(' ', '\n').concat('\n'),
    );
  });

  it('from what is no archive, or half of one, is said to be that', async () => {
    await sh('mkdir -p /half');
    const whole = writeTar([{ path: 'file', kind: 'file', content: noise.subarray(0, 100_000) }]);
    const half = await w.mvm(['cp', '-', 'web:/half'], whole.subarray(0, 50_000));
    expect(half).toMatchObject({ code: 125, stderr: expect.stringContaining('cut off in file (0 files') });
    const none = await w.mvm(['cp', '-', 'web:/half'], Buffer.alloc(2000, 'no archive'));
    expect(none).toMatchObject({ code: 125, stderr: expect.stringContaining('this is no tar archive') });
    const empty = await w.mvm(['cp', '-', 'web:/half'], '');
    expect(empty).toMatchObject({ code: 125, stderr: expect.stringContaining('has no end') });
    expect(await sh('ls -A /half')).toBe('');
  });

  it('for which the disk has no room says so and leaves no half of a file', async () => {
    writeFileSync(join(here, 'large'), Buffer.alloc(3 << 20, 1));
    await sh('mkdir -p /small && mount -t tmpfs -o size=1m small /small');
    const { code, stderr } = await cp(join(here, 'large'), 'web:/small');
    expect(code).toBe(125);
    expect(stderr).toContain("the machine's disk has no room for large");
    expect(await sh('ls -A /small')).toBe('');
  });
});

describe('what is copied out of a machine', () => {
  it("is the caller's, without set-id bits", async () => {
    await sh('mkdir -p /out/d && cd /out && echo x > d/f && chown -R 7:7 d && chmod 6755 d/f && chmod 3775 d');
    expect((await cp('web:/out/d', here)).code).toBe(0);
    const [file, folder] = [lstatSync(join(here, 'd/f')), lstatSync(join(here, 'd'))];
    expect([file.uid, folder.uid]).toEqual([process.getuid?.(), process.getuid?.()]);
    expect([file.mode & 0o7777, folder.mode & 0o7777]).toEqual([0o755, 0o1775]);
  });

  it('leaves out devices, pipes and links that lead out, by name, and copies the rest', async () => {
    await sh(`mkdir -p /odd/d && cd /odd && echo x > d/f && mknod dev c 1 3 && mkfifo pipe &&
      ln -s /etc/passwd absolute && ln -s ../../x d/up && ln -s d/../f d/back && ln -s ../d/f d/fine`);
    const { code, stderr } = await cp('web:/odd', here);
    expect(code).toBe(125);
    for (const line of [
      'odd/dev is a device',
      'odd/pipe is a named pipe',
      'odd/absolute is a link that leads out of what is copied',
      'odd/d/up is a link that leads out of what is copied',
      'odd/d/back is a link that leads out of what is copied',
      '5 left out, the rest is copied',
    ])
      expect(stderr).toContain(line);
    expect(Object.keys(survey(join(here, 'odd'))).sort()).toEqual(['', '/d', '/d/f', '/d/fine']);
  });

  it('replaces a file at once, and a link by itself and not what it leads to', async () => {
    await sh('mkdir -p /over && cd /over && echo new > file && echo new > link');
    mkdirSync(join(here, 'over'));
    writeFileSync(join(here, 'over/file'), 'old');
    writeFileSync(join(here, 'mine'), 'mine');
    symlinkSync('../mine', join(here, 'over/link'));
    expect((await cp('web:/over/.', join(here, 'over'))).code).toBe(0);
    expect(readFileSync(join(here, 'mine'), 'utf8')).toBe('mine');
    expect(readFileSync(join(here, 'over/link'), 'utf8')).toBe('new\n');
    expect(readFileSync(join(here, 'over/file'), 'utf8')).toBe('new\n');
  });

  it('may be a file that the kernel makes up, and never all of them', async () => {
    expect((await cp('web:/proc/cpuinfo', here)).code).toBe(0);
    expect(readFileSync(join(here, 'cpuinfo'), 'utf8')).toContain('processor');
    expect((await cp('web:/proc', here)).stderr).toContain('copy them one by one');
    const { bytes } = await cp('web:/', '-');
    const names = [...readTar(memorySource(bytes))].map(({ path }) => path);
    expect(names).toContain('./etc/passwd');
    expect(names.filter((name) => /^\.\/(proc|sys|dev)\/./.test(name))).toEqual([]);
  });

  it('may be one that the kernel of this host makes up, which says that it is empty', async () => {
    const { code, stderr } = await cp('/proc/version', 'web:/tmp/ours');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await sh('cat /tmp/ours')).toBe(readFileSync('/proc/version', 'utf8'));
  });

  it('is an archive that other tools read', async () => {
    const { bytes, code } = await cp('web:/etc', '-');
    expect(code).toBe(0);
    writeFileSync(join(here, 'etc.tar'), bytes);
    execFileSync('tar', ['-x', '-C', here, '-f', join(here, 'etc.tar')]);
    expect(readFileSync(join(here, 'etc/passwd'), 'utf8')).toBe(await sh('cat /etc/passwd'));
  });

  it.each([
    [['web:/none', '.'], 'there is no /none in the machine'],
    [['web:/etc/passwd/', '.'], '/etc/passwd is not a folder'],
    [['web:/etc', '/nonsense/x'], 'there is no folder /nonsense'],
    [['web:/etc/passwd', 'nonsense/'], 'there is no folder nonsense'],
    [['nobody:/etc', '.'], "no machine 'nobody'"],
    [['./nonsense', 'web:/'], 'there is no ./nonsense here'],
    [['./package.json', 'web:/none/x'], 'there is no /none in the machine'],
    [['./package.json', 'web:/none/'], 'there is no folder /none in the machine'],
    [['./vmm', 'web:/etc/passwd'], 'a folder cannot be copied onto the file /etc/passwd'],
    [['-', 'web:/etc/passwd'], '/etc/passwd is not a folder'],
    [['web:/a', 'web:/b'], 'does not copy from one machine to another'],
  ])('%j is refused with a sentence', async (args, sentence) => {
    const result = await w.mvm(['cp', ...args], '');
    expect(result).toMatchObject({ code: 125, stdout: '' });
    expect(result.stderr).toContain(sentence);
  });
});

it('a machine that does not run says what to do', async () => {
  await w.mvm(['run', '--name', 'done', 'linux', 'true']);
  const { code, stderr } = await cp('done:/etc', here);
  expect(code).toBe(125);
  expect(stderr).toMatch(/machine done is not running[\s\S]*mvm start done/);
  expect(existsSync(join(here, 'etc'))).toBe(false);
});
