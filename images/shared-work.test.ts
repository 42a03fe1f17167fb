import { describe, expect, it } from 'vitest';
import { SharedWork } from './shared-work.ts';

function begun() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let given: AbortSignal | null = null;
  let tell: (step: string) => void = () => undefined;
  const work = new SharedWork<string>((progress, signal) => {
    given = signal;
    tell = progress;
    signal.addEventListener('abort', () => reject(signal.reason));
    return promise;
  });
  return { work, finish: resolve, tell: (step: string) => tell(step), aborted: () => given?.aborted };
}

describe('work that several wait for', () => {
  it('goes on for the others when the one who began it leaves', async () => {
    const { work, finish, aborted } = begun();
    const leaving = new AbortController();
    const first = work.join(() => undefined, leaving.signal);
    const second = work.join(() => undefined);
    leaving.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    expect(aborted()).toBe(false);
    finish('made');
    await expect(second).resolves.toBe('made');
  });

  it('is given up when the last one leaves', async () => {
    const { work, aborted } = begun();
    const leaving = new AbortController();
    const only = work.join(() => undefined, leaving.signal);
    leaving.abort(new Error('gone'));
    await expect(only).rejects.toThrow('gone');
    expect(aborted()).toBe(true);
    expect(work.givenUp).toBe(true);
  });

  it('tells everybody who waits how far it is', async () => {
    const { work, tell, finish } = begun();
    const heard: string[] = [];
    const both = [work.join((step) => heard.push(`a ${step}`)), work.join((step) => heard.push(`b ${step}`))];
    tell('half');
    finish('made');
    await Promise.all(both);
    expect(heard).toEqual(['a half', 'b half']);
  });
});
