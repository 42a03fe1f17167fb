import { describe, expect, it, vi } from 'vitest';
import type { FolderEntry, FolderListing } from '../../vmm/contract/files.ts';
import { FakeBridge, machine } from './fake-bridge.ts';
import { Folder } from './folder.svelte.ts';
import { MachineModel } from './machines.svelte.ts';
import { Service } from './service.svelte.ts';

const entry = (name: string, change: Partial<FolderEntry> = {}): FolderEntry => ({
  name,
  nameBytes: null,
  kind: 'file',
  size: 1,
  mode: 0o644,
  uid: 0,
  gid: 0,
  modified: 0,
  target: null,
  leadsTo: null,
  ...change,
});

/** A folder whose questions the test answers one by one. */
function asked() {
  const bridge = new FakeBridge();
  const questions: { input: object; answer(listing: Partial<FolderListing>): void; refuse(code: string): void }[] = [];
  bridge.call = (_name, input) =>
    new Promise((resolve, reject) =>
      questions.push({
        input,
        answer: (listing) => resolve({ entries: [], total: 0, next: null, ...listing } as never),
        refuse: (code) => reject({ code, message: code }),
      }),
    );
  const folder = new Folder(new Service(bridge), new MachineModel(machine('web')));
  const names = () => folder.shown?.items.map(({ name }) => name);
  return { folder, questions, names };
}

it('folders come first, and links to them', async () => {
  const { folder, questions, names } = asked();
  const read = folder.read('/');
  const entries = [
    entry('a'),
    entry('b', { kind: 'folder' }),
    entry('c', { kind: 'link', target: 'b', leadsTo: 'folder' }),
  ];
  questions[0]?.answer({ entries, total: 3 });
  expect(await read).toBe(true);
  expect(names()).toEqual(['b', 'c', 'a']);
});

it('the folder that was asked for last is shown, whenever the answers come', async () => {
  const { folder, questions, names } = asked();
  const slow = folder.read('/slow');
  const quick = folder.read('/quick');
  questions[1]?.answer({ entries: [entry('quick')] });
  questions[0]?.answer({ entries: [entry('slow')] });
  expect([await slow, await quick]).toEqual([false, true]);
  expect([folder.shown?.path, names(), folder.isBusy]).toEqual(['/quick', ['quick'], false]);
});

it('who acts on the folder waits for the one that is on its way', async () => {
  const { folder, questions } = asked();
  void folder.read('/a');
  const settled = folder.settled();
  void folder.read('/b');
  questions[0]?.answer({});
  questions[1]?.answer({});
  expect((await settled)?.path).toBe('/b');
});

it('further parts are added once, and names that only look alike stay apart', async () => {
  const { folder, questions, names } = asked();
  const read = folder.read('/');
  questions[0]?.answer({ entries: [entry('a'), entry('\uFFFD', { nameBytes: 'fe' })], total: 3, next: 'fe' });
  await read;
  const more = folder.more();
  questions[1]?.answer({ entries: [entry('a'), entry('\uFFFD', { nameBytes: 'ff' })], total: 3 });
  await more;
  expect(questions[1]?.input).toEqual({ machine: 'web', path: '/', after: 'fe' });
  expect(names()).toEqual(['a', '\uFFFD', '\uFFFD']);
});

it('a refusal is told and shows nothing, until the folder is there again', async () => {
  const { folder, questions, names } = asked();
  const read = folder.read('/gone');
  questions[0]?.refuse('files.not-found');
  await read;
  expect([folder.refused?.code, folder.shown]).toEqual(['files.not-found', null]);
  const again = folder.read('/gone');
  questions[1]?.answer({ entries: [entry('a')] });
  await again;
  expect([folder.refused, names()]).toEqual([null, ['a']]);
});

describe('what is shown is read once more', () => {
  /** Two parts of a folder, both shown. */
  async function shownWhole() {
    const all = asked();
    const { folder, questions } = all;
    const read = folder.read('/many');
    questions[0]?.answer({ entries: [entry('a')], total: 2, next: 'a' });
    await read;
    const more = folder.more();
    questions[1]?.answer({ entries: [entry('b')], total: 2 });
    await more;
    return all;
  }

  it('as far as it was read', async () => {
    const { folder, questions, names } = await shownWhole();
    const refreshed = folder.refresh('/many');
    questions[2]?.answer({ entries: [entry('a')], total: 3, next: 'a' });
    await vi.waitFor(() => expect(questions[3]?.input).toMatchObject({ after: 'a' }));
    questions[3]?.answer({ entries: [entry('b'), entry('c')], total: 3 });
    await refreshed;
    expect(names()).toEqual(['a', 'b', 'c']);
  });

  it('unless the person is on the way to another folder, which is shown', async () => {
    const { folder, questions, names } = await shownWhole();
    const away = folder.read('/many/sub');
    const refreshed = folder.refresh('/many');
    questions[2]?.answer({ entries: [entry('inner')], total: 1 });
    await Promise.all([away, refreshed]);
    expect([folder.shown?.path, names(), questions.length]).toEqual(['/many/sub', ['inner'], 3]);
  });

  it('and stays as it was when the service is gone', async () => {
    const { folder, questions, names } = await shownWhole();
    const refreshed = folder.refresh('/many');
    questions[2]?.refuse('service.absent');
    await refreshed;
    expect([names(), folder.refused, folder.isBusy]).toEqual([['a', 'b'], null, false]);
  });
});

it('of a folder that is shown in parts every entry is known that it has by now', async () => {
  const { folder, questions } = asked();
  const ids = folder.idsIn('/many');
  questions[0]?.answer({ entries: [entry('a')], total: 2, next: 'a' });
  await vi.waitFor(() => expect(questions[1]?.input).toMatchObject({ after: 'a' }));
  questions[1]?.answer({ entries: [entry('b'), entry('\uFFFD', { nameBytes: 'fe' })], total: 3 });
  expect([...(await ids)]).toEqual(['a', 'b', '/fe']);
});
