import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { answerPart } from './page-parts.ts';

const folder = mkdtempSync(join(tmpdir(), 'mvm-page-'));
writeFileSync(join(folder, 'index.html'), 'the page');
mkdirSync(join(folder, 'page.js'));

/** The answer to a request of the page, and what the log says afterwards. */
async function asked(path: string): Promise<{ status: number; text: string; said: string[] }> {
  const said: string[] = [];
  const log = { line: (text: string) => void said.push(text) };
  const answer = await answerPart(folder, { url: `app://mvm${path}`, method: 'GET' }, log);
  return { status: answer.status, text: await answer.text(), said };
}

it('answers with a part of the page, and says nothing of it', async () => {
  expect(await asked('/')).toEqual({ status: 200, text: 'the page', said: [] });
});

it('has no part that cannot be read, and says which one and why', async () => {
  const absent = join(folder, 'absent.js');
  const refusals = [
    ['/absent.js', `a part of the page cannot be read: ENOENT: no such file or directory, open '${absent}'`],
    ['/page.js', 'a part of the page cannot be read: EISDIR: illegal operation on a directory, read'],
  ] as const;
  for (const [path, line] of refusals) expect(await asked(path)).toEqual({ status: 404, text: '', said: [line] });
});

it('keeps a line of the log short, however long the name is', async () => {
  const { status, said } = await asked(`/${'a'.repeat(100_000)}`);
  expect(status).toBe(404);
  expect(said).toHaveLength(1);
  expect(said[0]?.length).toBeLessThan(600);
});
