import { expect, it } from 'vitest';
import { FakeAgent, helloTo } from '../../test/guest/fake-agent.ts';
import type { FolderEntry } from '../contract/files.ts';
import { connectAgent } from '../guest/session.ts';
import { listFolder, MOST_ENTRIES } from './folder.ts';

const entry = (name: string, change: object = {}): FolderEntry => ({
  name,
  nameBytes: null,
  kind: 'file',
  size: 0,
  mode: 0o644,
  uid: 0,
  gid: 0,
  modified: 0,
  target: null,
  leadsTo: null,
  ...change,
});
const hex = (text: string): string => Buffer.from(text).toString('hex');
const nameOf = (n: number): string => String(n).padStart(5, '0');

/** An agent whose folder holds so many entries, and tells of `each` of them at a time. */
const folderOf = (count: number, each: number) => ({
  list: async (_path: string, after: string) => {
    const from = after === '' ? 0 : Number(Buffer.from(after, 'hex')) + 1;
    const to = Math.min(count, from + each);
    const entries = Array.from({ length: to - from }, (_, n) => entry(nameOf(from + n)));
    return { entries, total: count, next: to < count ? hex(nameOf(to - 1)) : null };
  },
});

it('of many entries comes in parts that follow each other without a gap', async () => {
  const agent = folderOf(2 * MOST_ENTRIES + 7, 333);
  const names: string[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const part = await listFolder(agent, '/', after);
    expect(part.entries.length).toBeLessThanOrEqual(MOST_ENTRIES);
    expect(part.total).toBe(2 * MOST_ENTRIES + 7);
    names.push(...part.entries.map(({ name }) => name));
    after = part.next;
  }
  expect(names).toEqual(Array.from({ length: 2 * MOST_ENTRIES + 7 }, (_, n) => nameOf(n)));
});

it('that a guest makes up without end has an end', async () => {
  let asked = 0;
  const same = { entries: [entry('a'), entry('a'), entry('\uFFFD', { nameBytes: 'ff' })], total: 1, next: '00' };
  const list = async () => {
    asked++;
    return same;
  };
  const { entries } = await listFolder({ list }, '/', '');
  expect(entries.map(({ name }) => name)).toEqual(['a', '\uFFFD']);
  expect(asked).toBe(500);
});

/** An agent leaves out what an entry has not. */
const asSaid = (told: FolderEntry): object =>
  Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null));

/** What a listing gives for an answer of an agent that may be anybody. */
async function heard(answer: { entries?: FolderEntry[]; total?: number }): Promise<unknown> {
  const agent = await FakeAgent.listen();
  const connecting = connectAgent(agent.path, { deadlineMs: 20_000 });
  const { epoch } = await agent.message();
  agent.say({ ...helloTo(epoch), capabilities: ['list'] });
  const session = await connecting;
  const listing = listFolder(session, '/', '').catch((error: unknown) => error);
  const { id } = await agent.message();
  const entries = answer.entries?.map(asSaid) ?? [];
  agent.say({ id, ok: true, total: 0, next: null, ...answer, entries });
  return listing;
}

it.each([
  ['../x', {}],
  ['..', {}],
  ['', {}],
  ['a\0b', {}],
  ['\ud800', {}],
  ['x'.repeat(5000), {}],
  ['a', { kind: 'door' }],
  ['a', { size: -1 }],
  ['a', { size: 1.5 }],
  ['a', { modified: 9e15 }],
  ['a', { nameBytes: 'xyz' }],
  ['a', { target: 7 }],
  ['a', { leadsTo: 'toString' }],
])('of a guest that tells of %j with %j is refused', async (name, change) => {
  const answer = await heard({ entries: [entry(name, change)] });
  expect(answer).toMatchObject({ code: 'agent.broken' });
});

it('with odd but possible entries is told as it is', async () => {
  const odd = [
    entry('\x1b[2J\n'),
    entry('link', { kind: 'link', target: '../../x', modified: -1 }),
    entry('z\uFFFD', { nameBytes: '7aff', mode: 0o7777 }),
  ];
  expect(await heard({ entries: odd, total: 3 })).toEqual({ entries: odd, total: 3, next: null });
});

it('of a guest whose agent is older says how to have it', async () => {
  const agent = await FakeAgent.listen();
  await expect(listFolder(await agent.session(), '/', '')).rejects.toMatchObject({
    code: 'agent.too-old',
    hint: 'mvm restart gives it the present agent.',
  });
});
