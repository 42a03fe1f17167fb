import { chmodSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimHome } from './claim.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'mvm-claim-'));
const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('a home', () => {
  it('is had by one service at a time', () => {
    const home = folder();
    const first = claimHome(home);
    expect(claimHome(home)).toBeNull();
    first?.release();
    const second = claimHome(home);
    expect(second).not.toBeNull();
    second?.release();
  });

  it('is closed to everybody else, an empty file system as well', () => {
    const home = folder();
    mkdirSync(join(home, 'lost+found'));
    chmodSync(home, 0o755);
    claimHome(home)?.release();
    expect(modeOf(home)).toBe(0o700);
    claimHome(home)?.release();
  });

  it('is made with the folders above it, and closed', () => {
    const home = join(folder(), 'a', 'b', 'home');
    claimHome(home)?.release();
    expect(modeOf(home)).toBe(0o700);
  });

  it('is refused at once where no folder can be made, and where a file has its name', () => {
    const file = join(folder(), 'letter.txt');
    writeFileSync(file, 'dear friend');
    for (const home of [file, join(file, 'home'), '/proc/mvm/home', '/proc/mvm'])
      expect(() => claimHome(home)).toThrow(`${home} cannot be used as MVM_HOME`);
  });

  it('is not made of a folder that holds other things', () => {
    const home = folder();
    writeFileSync(join(home, 'letter.txt'), 'dear friend');
    chmodSync(home, 0o755);
    expect(() => claimHome(home)).toThrow('it holds other things');
    expect(modeOf(home)).toBe(0o755);
  });
});
