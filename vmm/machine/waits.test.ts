import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { endOrLeft } from './waits.ts';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('waiting for an end', () => {
  it('lasts until the end, for everybody', async () => {
    const end = Promise.withResolvers<void>();
    const waiting = Promise.all([1, 2, 3].map(() => endOrLeft(end.promise, new AbortController().signal)));
    end.resolve();
    await waiting;
  });

  it('is over when it failed, when it was over before, and for who had left before', async () => {
    const failed = Promise.reject(new Error('x'));
    await endOrLeft(failed, new AbortController().signal);
    await endOrLeft(Promise.resolve(), new AbortController().signal);
    await endOrLeft(new Promise(() => undefined), AbortSignal.abort());
  });

  it('is over at once for who comes when others were told already', async () => {
    const end = Promise.withResolvers<void>();
    const first = endOrLeft(end.promise, new AbortController().signal);
    end.resolve();
    await first;
    await endOrLeft(end.promise, new AbortController().signal);
  });

  it('leaves nothing of who left, however long it still takes', async () => {
    const end = new Promise(() => undefined);
    const trace = await comeAndGo(end);
    await new Promise((resolve) => setTimeout(resolve));
    collectGarbage();
    expect([trace.deref(), end]).toEqual([undefined, expect.any(Promise)]);
  });
});

async function comeAndGo(end: Promise<unknown>): Promise<WeakRef<AbortSignal>> {
  const leaving = new AbortController();
  const waited = endOrLeft(end, leaving.signal);
  leaving.abort();
  await waited;
  return new WeakRef(leaving.signal);
}
