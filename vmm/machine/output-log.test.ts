import { appendFileSync, mkdtempSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { STDERR, STDOUT } from '../contract/stream.ts';
import { halvesOf } from './bounded-file.ts';
import { OutputLog, readLog } from './output-log.ts';

/** The first run of a machine: its output begins where the file does. */
const START = { [STDOUT]: 0, [STDERR]: 0 };

const newPath = (): string => join(mkdtempSync(join(tmpdir(), 'mvm-log-')), 'output.log');
const text = (path: string, channel: number): string =>
  [...readLog(path)].flatMap((record) => (record.channel === channel ? [record.bytes.toString()] : [])).join('');

describe('the log of a program', () => {
  it('keeps both channels apart and in order', () => {
    const path = newPath();
    const log = new OutputLog(path);
    log.append(STDOUT, 0, Buffer.from('one'), 1);
    log.append(STDERR, 0, Buffer.from('oops'), 2);
    log.append(STDOUT, 3, Buffer.from('two'), 3);
    expect([text(path, STDOUT), text(path, STDERR)]).toEqual(['onetwo', 'oops']);
  });

  it('records what is sent again only once, also after it was opened anew', () => {
    const path = newPath();
    new OutputLog(path).append(STDOUT, 0, Buffer.from('abcdef'), 1);
    const again = new OutputLog(path, START);
    expect(again.recorded(STDOUT)).toBe(6);
    again.append(STDOUT, 4, Buffer.from('efgh'), 2);
    expect(text(path, STDOUT)).toBe('abcdefgh');
  });

  it('cuts off a record that a crash tore, wherever it was torn', () => {
    const path = newPath();
    const log = new OutputLog(path);
    log.append(STDOUT, 0, Buffer.from('whole'), 1);
    const whole = statSync(path).size;
    log.append(STDOUT, 5, Buffer.from('torn'), 2);
    const full = statSync(path).size;
    for (let size = full - 1; size > whole; size--) {
      truncateSync(path, size);
      const reopened = new OutputLog(path, START);
      expect(reopened.recorded(STDOUT)).toBe(5);
      reopened.append(STDOUT, 5, Buffer.from('torn'), 2);
      expect(text(path, STDOUT)).toBe('wholetorn');
    }
  });

  it('stays within its bound and loses the oldest first', () => {
    const path = newPath();
    const log = new OutputLog(path, undefined, 1000);
    for (let line = 0; line < 500; line++)
      log.append(STDOUT, line * 10, Buffer.from(`line ${String(line).padStart(4, '0')}\n`), line);
    const size = halvesOf(path).reduce((sum, half) => sum + statSync(half).size, 0);
    expect(size).toBeLessThanOrEqual(2000);
    expect(text(path, STDOUT).endsWith('line 0499\n')).toBe(true);
  });

  it('reads up to what makes no sense', () => {
    const path = newPath();
    new OutputLog(path).append(STDOUT, 0, Buffer.from('sense'), 1);
    appendFileSync(path, Buffer.alloc(64, 0xff));
    expect(text(path, STDOUT)).toBe('sense');
  });

  it('goes on after what an earlier run printed, counting from 0 again', () => {
    const path = newPath();
    new OutputLog(path).append(STDOUT, 0, Buffer.from('first '), 1);
    const second = new OutputLog(path, 'end');
    second.append(STDOUT, 0, Buffer.from('second'), 2);
    expect(second.recorded(STDOUT)).toBe(6);
    const found = new OutputLog(path, second.from);
    found.append(STDOUT, 3, Buffer.from('ond run'), 3);
    expect(text(path, STDOUT)).toBe('first second run');
  });
});
