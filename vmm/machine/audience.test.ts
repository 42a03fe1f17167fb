import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { STDERR, STDOUT, WINDOW } from '../contract/stream.ts';
import { Audience, type Watcher } from './audience.ts';
import { OutputLog } from './output-log.ts';
import { type OutputRecord, Recollection, tailOf } from './scrollback.ts';

const START = { [STDOUT]: 0, [STDERR]: 0 };

class Seen implements Watcher {
  text = '';
  bytes = 0;
  missed = 0;
  said: string[] = [];
  output(_: number, bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString();
    this.bytes += bytes.length;
  }
  skipped(_: number, bytes: number): void {
    this.missed += bytes;
  }
  end(channel: number): void {
    this.said.push(`end ${channel}`);
  }
  exit(): void {
    this.said.push('exit');
  }
  fail({ code }: { code: string }): void {
    this.said.push(code);
  }
}

/** A program, what is kept of it, and who watches. */
function theatre(kept = new Recollection(1024 * 1024)) {
  const audience = new Audience<Seen>({ scrollback: () => kept, onMoved: () => undefined });
  let printed = 0;
  return {
    audience,
    kept,
    print(bytes: string | Buffer) {
      const buffer = Buffer.from(bytes as string);
      kept.append(STDOUT, buffer, 0);
      audience.hear(STDOUT, printed, buffer);
      printed += buffer.length;
    },
    end() {
      audience.endsAt(STDOUT, printed);
      audience.endsAt(STDERR, 0);
      audience.finish({ exit: { code: 0, signal: null, at: 0 }, timeline: { requestedAt: 0 } });
    },
  };
}

describe('one who watches a program', () => {
  it('sees what it printed before, then what it prints, each byte once', () => {
    const { audience, print, end } = theatre();
    print('before ');
    const seen = new Seen();
    audience.join(seen, START, 'watcher');
    print('after');
    end();
    expect(seen.text).toBe('before after');
    expect(seen.said).toEqual([`end ${STDOUT}`, `end ${STDERR}`, 'exit']);
  });

  it('goes on from any place', () => {
    const { audience, print } = theatre();
    print('0123456789');
    const seen = new Seen();
    audience.join(seen, { ...START, [STDOUT]: 4 }, 'watcher');
    print('x');
    expect(seen.text).toBe('456789x');
  });

  it('is told what is not kept any more', () => {
    const { audience, print } = theatre(new Recollection(4));
    for (const digit of '0123456789') print(digit);
    const seen = new Seen();
    audience.join(seen, { ...START, [STDOUT]: 2 }, 'watcher');
    expect(seen).toMatchObject({ missed: 4, text: '6789' });
    audience.consumed(seen, STDOUT, 4);
    expect(audience.needed(STDOUT)).toBe(10);
  });

  it('is sent no more than a window ahead of what it took, and all of it in the end', () => {
    const { audience, print } = theatre(new Recollection(64 * 1024 * 1024));
    const seen = new Seen();
    audience.join(seen, START, 'watcher');
    const piece = Buffer.alloc(32 * 1024, 'x');
    for (let count = 0; count < 40; count++) print(piece);
    expect(seen.bytes).toBe(WINDOW);
    for (let before = -1; before < seen.bytes; ) {
      before = seen.bytes;
      audience.consumed(seen, STDOUT, WINDOW);
    }
    expect(seen).toMatchObject({ bytes: 40 * piece.length, missed: 0 });
  });
});

describe('one who takes nothing', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('holds the program up for a while and not for ever, and is waited for again when it caught up', () => {
    const { audience, print } = theatre();
    const [quick, slow] = [new Seen(), new Seen()];
    audience.join(quick, START, 'owner');
    audience.join(slow, START, 'watcher');
    print('abc');
    audience.consumed(quick, STDOUT, 3);
    vi.advanceTimersByTime(5_000);
    expect(audience.needed(STDOUT)).toBe(0);
    vi.advanceTimersByTime(6_000);
    expect(audience.needed(STDOUT)).toBe(3);
    audience.consumed(slow, STDOUT, 3);
    print('d');
    expect(slow.text).toBe('abcd');
    expect(audience.needed(STDOUT)).toBe(3);
  });

  it('is waited for without end when it started the program and watches alone', () => {
    const { audience, print } = theatre();
    audience.join(new Seen(), START, 'owner');
    print('abc');
    vi.advanceTimersByTime(3_600_000);
    expect(audience.needed(STDOUT)).toBe(0);
  });

  it('does not keep an ended program', () => {
    const { audience, print, end } = theatre();
    const slow = new Seen();
    audience.join(slow, START, 'watcher');
    print(Buffer.alloc(WINDOW));
    print('the rest');
    end();
    vi.advanceTimersByTime(11_000);
    expect(audience.size).toBe(0);
    expect(slow.said).toEqual(['session.too-slow']);
  });
});

describe('a reader of a log on disk', () => {
  const newLog = (half?: number) =>
    new OutputLog(join(mkdtempSync(join(tmpdir(), 'mvm-log-')), 'output.log'), START, half);

  it('goes on as the log grows and turns', () => {
    const log = newLog(1000);
    const reader = log.reader();
    let seen = '';
    let expected = '';
    for (let line = 0; line < 300; line++) {
      const text = `line ${line}\n`;
      log.append(STDOUT, expected.length, Buffer.from(text), 0);
      expected += text;
      if (line % 3 === 0) for (let next = reader.next(); next; next = reader.next()) seen += next.bytes.toString();
    }
    for (let next = reader.next(); next; next = reader.next()) seen += next.bytes.toString();
    expect(seen).toBe(expected);
  });

  it('that is overtaken by two turns goes on with what is kept', () => {
    const log = newLog(1000);
    const reader = log.reader();
    let position = 0;
    for (let line = 0; line < 300; line++) {
      const text = `line ${line}\n`;
      log.append(STDOUT, position, Buffer.from(text), 0);
      position += text.length;
    }
    const records: OutputRecord[] = [];
    for (let next = reader.next(); next; next = reader.next()) records.push(next);
    expect(records.at(-1)?.bytes.toString()).toBe('line 299\n');
    const gaps = records.filter(({ position: at, bytes }, index) => {
      const next = records[index + 1];
      return next && next.position !== at + bytes.length;
    });
    expect(gaps).toHaveLength(1);
  });

  it('sees nothing of an earlier run of the program', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'mvm-log-')), 'output.log');
    const first = new OutputLog(path);
    first.append(STDOUT, 0, Buffer.from('earlier'), 0);
    first.close();
    const second = new OutputLog(path);
    second.append(STDOUT, 0, Buffer.from('now'), 0);
    expect(second.reader().next()).toMatchObject({ position: 0, bytes: Buffer.from('now') });
  });

  it('finds a log that was begun late to begin there', () => {
    const log = newLog();
    log.startAt({ [STDOUT]: 100, [STDERR]: 0 });
    log.append(STDOUT, 90, Buffer.from('0123456789abc'), 0);
    expect([log.recorded(STDOUT), tailOf(log, 1000)]).toEqual([103, { [STDOUT]: 100, [STDERR]: 0 }]);
  });
});

describe('the tail of a scrollback', () => {
  const kept = new Recollection(1000);
  for (const line of ['first\n', 'second\n', 'third\n', 'prompt> ']) kept.append(STDOUT, Buffer.from(line), 0);
  kept.append(STDERR, Buffer.from('oops\n'), 0);

  it('is all of it when there is no more', () => {
    expect(tailOf(kept, 1000)).toEqual(START);
  });

  it('begins with a line', () => {
    expect(tailOf(kept, 24)[STDOUT]).toBe(13);
  });

  it('begins where it must when there is no line', () => {
    expect(tailOf(kept, 7)).toEqual({ [STDOUT]: 25, [STDERR]: 0 });
  });

  it('is empty when nothing is asked for', () => {
    expect(tailOf(kept, 0)).toEqual({ [STDOUT]: 27, [STDERR]: 5 });
  });
});
