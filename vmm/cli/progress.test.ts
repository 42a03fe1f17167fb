import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Progress } from './progress.ts';
import { progressLine, progressText } from './progress-text.ts';
import { textWidth } from './width.ts';

const MIB = 1024 * 1024;
const plain = (text: string) => text;
const look = { cyan: plain, dim: plain, glyphs: true };
const state = { step: 'importing', done: 50 * MIB, total: 200 * MIB, elapsedMs: 5000, bytesPerSecond: 10 * MIB };

const open: Progress[] = [];
afterEach(() => {
  for (const progress of open.splice(0)) progress.end();
});

function watch({ isTTY, env = {}, json = false }: { isTTY: boolean; env?: NodeJS.ProcessEnv; json?: boolean }) {
  let said = '';
  let now = 0;
  const write = (text: string) => {
    said += text;
    return true;
  };
  const progress = new Progress({ stderr: { isTTY, columns: 80, write } as never, env, json }, () => now);
  open.push(progress);
  const at = (time: number, message?: Parameters<Progress['show']>[0]) => {
    now = time;
    if (message) progress.show(message);
    progress.tick();
    const heard = said;
    said = '';
    return heard;
  };
  const end = () => {
    progress.end();
    return said;
  };
  return { at, end };
}

describe('progress on a terminal', () => {
  it('has a bar, the share, the amount, the rate and what is left', () => {
    expect(progressText(state, 110, look)).toBe(
      `importing  ${'━'.repeat(10)}${'─'.repeat(30)}   25%  50.0 MiB of 200 MiB  10.0 MiB/s  15 s left`,
    );
  });

  it('leaves out from the right what has no room, and never wraps', () => {
    expect(progressText(state, 40, look)).toBe('importing   25%  50.0 MiB of 200 MiB');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), fc.nat(300), fc.boolean(), (columns, done, glyphs) => {
        for (const total of [200 * MIB, null]) {
          const text = progressText({ ...state, done: done * MIB, total }, columns, { ...look, glyphs });
          expect(textWidth(text)).toBeLessThanOrEqual(columns);
        }
      }),
    );
  });

  it('is said to be done only when it is', () => {
    expect(progressText({ ...state, done: 200 * MIB - 1 }, 100, look)).toContain(' 99%');
    expect(progressText({ ...state, done: 250 * MIB }, 100, look)).toContain('100%');
  });

  it('tells of the time left only once it can', () => {
    expect(progressText({ ...state, elapsedMs: 1500 }, 100, look)).not.toContain('left');
    expect(progressText({ ...state, bytesPerSecond: null }, 100, look)).not.toContain('left');
    expect(progressText({ ...state, total: null }, 100, look)).toBe('importing  ⠋  50.0 MiB  10.0 MiB/s');
  });

  it('is ASCII where the terminal has no more', () => {
    expect(progressText(state, 70, { ...look, glyphs: false })).toMatch(/^importing {2}\[##*\.*\] {3}25%/);
  });

  it('shows nothing for what is quick, draws over itself, and is gone at the end', () => {
    const { at, end } = watch({ isTTY: true, env: { NO_COLOR: '1' } });
    expect(at(100, { step: 'importing', done: 1, total: 2 })).toBe('');
    expect(at(1_100, { step: 'importing', done: 1, total: 2 })).toMatch(/^\rimporting {2}━+─+ {3}50%/);
    expect(end()).toBe('\r\x1b[K');
    const quick = watch({ isTTY: true });
    quick.at(100, { step: 'importing' });
    expect(quick.end()).toBe('');
  });
});

describe('progress in a pipe', () => {
  it('is a line now and then', () => {
    const { at, end } = watch({ isTTY: false });
    expect(at(0, { step: 'importing', done: 0, total: 100 * MIB })).toBe('');
    expect(at(1000, { step: 'importing', done: 10 * MIB, total: 100 * MIB })).toBe('');
    expect(at(9000, { step: 'importing', done: 10 * MIB, total: 100 * MIB })).toBe('');
    expect(at(11_000, { step: 'importing', done: 30 * MIB, total: 100 * MIB })).toBe(
      'mvm: importing: 30.0 MiB of 100 MiB (30%), 2.0 MiB/s, 35 s left\n',
    );
    expect(at(15_000, { step: 'importing', done: 50 * MIB, total: 100 * MIB })).toBe('');
    expect(at(21_000)).toContain('mvm: importing: 50.0 MiB of 100 MiB (50%)');
    expect(end()).toBe('');
  });

  it('is what a dumb terminal gets, and with --json there is none', () => {
    const dumb = watch({ isTTY: true, env: { TERM: 'dumb' } });
    expect(dumb.at(13_000, { step: 'importing' })).toBe('mvm: importing: 0 ms\n');
    const silent = watch({ isTTY: false, json: true });
    expect(silent.at(30_000, { step: 'importing' }) + silent.end()).toBe('');
  });

  it('counts each step by itself', () => {
    const { at } = watch({ isTTY: false });
    at(0, { step: 'unpacking', done: 90 * MIB, total: 100 * MIB });
    at(9990, { step: 'unpacking', done: 100 * MIB, total: 100 * MIB });
    expect(at(10_000, { step: 'writing', done: 1 * MIB, total: 50 * MIB })).toBe(
      'mvm: writing: 1.0 MiB of 50.0 MiB (2%)\n',
    );
  });

  it('reads as a sentence', () => {
    expect(progressLine({ ...state, done: null, total: null, bytesPerSecond: null })).toBe('importing: 5.0 s');
    expect(progressLine({ ...state, total: 20_000 * MIB })).toBe(
      'importing: 50.0 MiB of 19.5 GiB (0%), 10.0 MiB/s, 33 min left',
    );
  });
});
