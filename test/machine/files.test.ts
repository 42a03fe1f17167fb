/** A folder of a real guest, as the API tells of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FolderEntry, FolderListing } from '../../vmm/contract/files.ts';
import type { ErrorBody } from '../../vmm/contract/types.ts';
import { World } from '../world.ts';

const w = new World();
beforeAll(async () => {
  await w.mvm(['run', '-d', '--name', 'web', 'linux', 'sleep', '100000']);
});
afterAll(() => w.end());

const sh = async (script: string): Promise<void> => {
  const { code, stderr } = await w.mvm(['exec', 'web', 'sh', '-c', script]);
  expect([code, stderr]).toEqual([0, '']);
};

async function list(path: string, after?: string): Promise<FolderListing> {
  const query = new URLSearchParams({ path, ...(after !== undefined && { after }) });
  const { status, body } = await w.api('GET', `/v1/machines/web/files?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body as FolderListing;
}

async function refusal(path: string, machine = 'web'): Promise<[number, ErrorBody]> {
  const { status, body } = await w.api('GET', `/v1/machines/${machine}/files?path=${encodeURIComponent(path)}`);
  return [status, (body as { error: ErrorBody }).error];
}

const names = ({ entries }: FolderListing): string[] => entries.map(({ name }) => name);

describe('the files of a machine', () => {
  it('are told with what ls would say of them', async () => {
    await sh(`mkdir -p /t/sub && cd /t && printf 12345 >file && chmod 640 file && chown 7:8 file &&
      touch -d @1700000000 file && ln -s sub to-sub && ln -s /nowhere to-nothing && mkfifo pipe && mknod null c 1 3 &&
      touch .hidden && chmod 4755 .hidden`);
    const { entries, total, next } = await list('/t');
    expect([total, next]).toEqual([7, null]);
    expect(entries.map(({ name, kind, target, leadsTo }) => [name, kind, target, leadsTo])).toEqual([
      ['.hidden', 'file', null, null],
      ['file', 'file', null, null],
      ['null', 'device', null, null],
      ['pipe', 'fifo', null, null],
      ['sub', 'folder', null, null],
      ['to-nothing', 'link', '/nowhere', null],
      ['to-sub', 'link', 'sub', 'folder'],
    ]);
    const [hidden, file] = entries as [FolderEntry, FolderEntry];
    expect(file).toMatchObject({ size: 5, mode: 0o640, uid: 7, gid: 8, modified: 1_700_000_000_000, nameBytes: null });
    expect(hidden.mode).toBe(0o4755);
  });

  it('bear any name that a guest can give, those that are no UTF-8 with their bytes', async () => {
    await sh(
      `mkdir /odd && cd /odd && touch -- '-rf' "$(printf 'a\\nb')" "$(printf '\\033[2Jx')" 'é ü' "$(printf 'z\\377')" "$(printf 'z\\376')"`,
    );
    const { entries } = await list('/odd');
    expect(entries.map(({ name, nameBytes }) => [name, nameBytes])).toEqual([
      ['\x1b[2Jx', null],
      ['-rf', null],
      ['a\nb', null],
      ['z\uFFFD', '7afe'],
      ['z\uFFFD', '7aff'],
      ['é ü', null],
    ]);
  });

  it('are those of the machine, wherever a path or a link leads', async () => {
    await sh('mkdir /l && cd /l && ln -s ../../../../.. up && ln -s /proc/1/root root && ln -s /proc/self/cwd self');
    const root = names(await list('/'));
    expect(root).toEqual(expect.arrayContaining(['bin', 'etc', 'l', 'proc']));
    expect(root).not.toContain('init');
    for (const path of ['', '.', '..', '../../..', '/l/up', '/l/root', '/l/../..', '//'].filter(Boolean))
      expect([path, names(await list(path))]).toEqual([path, root]);
    expect((await refusal('/l/self'))[1].code).toBe('files.not-found');
  });

  it('of a folder with 10,000 of them come in parts, in order, with their number', async () => {
    await sh('mkdir /many && cd /many && seq -w 1 10000 | sed s/^/file-/ | xargs touch');
    const found: string[] = [];
    let parts = 0;
    for (let after: string | null | undefined; after !== null; parts++) {
      const part: FolderListing = await list('/many', after);
      expect([part.total, part.entries.length]).toEqual([10_000, 2_000]);
      found.push(...names(part));
      after = part.next;
    }
    expect(parts).toBe(5);
    expect(found).toEqual(Array.from({ length: 10_000 }, (_, n) => `file-${String(n + 1).padStart(5, '0')}`));
  });

  it('that cannot be listed are refused with the reason', async () => {
    await sh('mkdir -p /r && cd /r && echo x >file && ln -sfn around around && mkfifo pipe');
    expect(await refusal('/r/none')).toEqual([
      404,
      { code: 'files.not-found', message: 'there is no folder /r/none in the machine' },
    ]);
    expect(await refusal('/r/file')).toMatchObject([400, { code: 'files.no-folder' }]);
    expect(await refusal('/r/pipe')).toMatchObject([400, { code: 'files.no-folder' }]);
    expect(await refusal('/r/around')).toMatchObject([400, { code: 'files.failed' }]);
    expect(await refusal(`/${'x'.repeat(300)}`)).toMatchObject([400, { code: 'files.failed' }]);
    expect(await refusal('x'.repeat(5000))).toMatchObject([400, { code: 'request.invalid' }]);
    expect(await refusal('a\0b')).toMatchObject([400, { code: 'request.invalid' }]);
    expect(await refusal('/', 'nobody')).toMatchObject([404, { code: 'machine.not-found' }]);
  });

  it('of a machine that does not run, or stands still, are refused with what next', async () => {
    await w.mvm(['run', '--name', 'done', 'linux', 'true']);
    expect(await refusal('/', 'done')).toMatchObject([409, { code: 'machine.not-running' }]);
    await w.mvm(['pause', 'web']);
    expect(await refusal('/')).toMatchObject([409, { code: 'machine.paused' }]);
    await w.mvm(['resume', 'web']);
    expect(names(await list('/'))).toContain('etc');
  });
});
