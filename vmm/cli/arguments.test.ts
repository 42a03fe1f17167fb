import { describe, expect, it } from 'vitest';
import { parseArguments, parseDuration, parseEnv, parseNumber, parseSize } from './arguments.ts';

const table = {
  interactive: { kind: 'flag', short: 'i', help: '' },
  tty: { kind: 'flag', short: 't', help: '' },
  env: { kind: 'list', short: 'e', help: '' },
  name: { kind: 'text', help: '' },
  memory: { kind: 'text', short: 'm', help: '' },
} as const;

const parse = (...args: string[]) => parseArguments(args, table, { endAtFirstWord: true });

describe('the words of a command line', () => {
  it.each([
    [['-it', 'linux'], { interactive: true, tty: true }],
    [['-eA=1', '-e', 'B=2', '--env', 'C=3', '--env=D=4', 'linux'], { env: ['A=1', 'B=2', 'C=3', 'D=4'] }],
    [['-m256m', '--name=x', 'linux'], { memory: '256m', name: 'x' }],
    [['-m=256m', 'linux'], { memory: '256m' }],
    [['-itm', '1g', 'linux'], { interactive: true, tty: true, memory: '1g' }],
    [['--tty=false', 'linux'], { tty: false }],
    [['-t=true', '-i=false', 'linux'], { interactive: false, tty: true }],
    [['-it=false', 'linux'], { interactive: true, tty: false }],
  ])('%j are read as docker reads them', (args, values) => {
    expect(parse(...args).values).toMatchObject(values);
    expect(parse(...args).words).toEqual(['linux']);
  });

  it('belong to the program after the image, and one -- is dropped there', () => {
    expect(parse('linux', '-i', '--name').words).toEqual(['linux', '-i', '--name']);
    expect(parse('linux', '--', 'ls', '--', '-l').words).toEqual(['linux', 'ls', '--', '-l']);
    expect(parse('--', 'linux', 'ls').words).toEqual(['linux', 'ls']);
  });

  it.each([
    ['-v', 'folders cannot be shared yet'],
    ['--privileged', 'every capability'],
    ['--cap-drop=ALL', 'takes no capabilities away'],
    ['--device', 'not lent'],
    ['--pid', 'shares no namespace'],
    ['--link', 'no network between machines'],
  ])('%s of docker is refused with the reason', (option, reason) => {
    expect(() => parse(option, 'all', 'linux')).toThrow(reason);
  });

  it.each([
    [['--nmae', 'x'], '--nmae'],
    [['-x'], '-x'],
    [['--name'], 'needs a value'],
    [['--tty=perhaps'], 'is a switch'],
    [['-t=perhaps'], 'is a switch'],
    [['--constructor'], '--constructor'],
  ])('%j are refused by name', (args, sentence) => {
    expect(() => parse(...args)).toThrow(sentence);
  });
});

describe('values', () => {
  it('of sizes are binary', () => {
    expect(['512', '512b', '1k', '256m', '1.5G', '2GiB'].map((text) => parseSize(text, 'x'))).toEqual([
      512, 512, 1024, 268_435_456, 1_610_612_736, 2_147_483_648,
    ]);
    for (const text of ['', 'm', '-1m', '1x', '1 2m']) expect(() => parseSize(text, 'x')).toThrow('not a size');
  });

  it('of durations are seconds unless they say otherwise', () => {
    expect(['500ms', '2', '2s', '1.5m', '1h'].map((text) => parseDuration(text, 'x'))).toEqual([
      500, 2000, 2000, 90_000, 3_600_000,
    ]);
    expect(() => parseDuration('soon', 'x')).toThrow('not a duration');
  });

  it('of numbers are plain', () => {
    expect(parseNumber('0.5', 'x')).toBe(0.5);
    for (const text of ['', '-1', '1e9', '0x1']) expect(() => parseNumber(text, 'x')).toThrow('not a number');
  });

  it('of variables come from here when only a name is given', () => {
    expect(parseEnv(['A=1', 'B', 'NONE', 'C='], { B: 'here' })).toEqual(['A=1', 'B=here', 'C=']);
    expect(() => parseEnv(['=x'], {})).toThrow('names no variable');
  });
});
