import { describe, expect, it } from 'vitest';
import { commands } from '../commands/index.ts';
import { plan } from './plan.ts';
import { cutAtBreaks, shellWords } from './shell-words.ts';
import { expected } from './slots.ts';

describe('the usage of a command', () => {
  const images = '[ls | import PATH [REFERENCE] | rm IMAGE...]';
  it.each([
    ['MACHINE...', [], ['MACHINE']],
    ['MACHINE...', ['a', 'b'], ['MACHINE']],
    ['MACHINE', ['a'], []],
    ['MACHINE|IMAGE...', ['a'], ['MACHINE', 'IMAGE']],
    ['IMAGE [COMMAND [ARG...]]', [], ['IMAGE']],
    ['IMAGE [COMMAND [ARG...]]', ['linux', 'ls', '-l', 'x'], ['ARG']],
    [images, [], ['ls', 'import', 'rm']],
    [images, ['import'], ['PATH']],
    [images, ['rm', 'a'], ['IMAGE']],
    [images, ['ls'], []],
    ['bash|zsh|fish', [], ['bash', 'zsh', 'fish']],
    ['', [], []],
  ])('%j says what comes after %j', (usage, words, places) => {
    expect(expected(usage, words)).toEqual(places);
  });
});

describe('completion', () => {
  const at = async (...words: string[]) => {
    const [name = '', ...rest] = words;
    const command = await commands[name]?.();
    if (!command) throw new Error(`no command ${name}`);
    const { candidates, sources, prefix } = plan(command, rest.slice(0, -1), rest.at(-1) ?? '');
    return { values: candidates.map(({ value }) => value), sources, prefix };
  };

  it('offers the options that do not stand there yet, or may come again', async () => {
    const { values } = await at('run', '-it', '--name', 'x', '-e', 'A=1', '--');
    expect(values).toContain('--env');
    expect(values).toContain('--memory');
    for (const taken of ['--interactive', '--tty', '--name']) expect(values).not.toContain(taken);
  });

  it.each([
    [['run', '--net', ''], { values: ['none', 'user'], sources: [], prefix: '' }],
    [['run', '--net=n'], { values: ['--net=none', '--net=user'], sources: [], prefix: '--net=' }],
    [['run', '-e', ''], { values: [], sources: ['variables'], prefix: '' }],
    [['run', '--env=H'], { values: [], sources: ['variables'], prefix: '--env=' }],
    [['run', '-eA=1', ''], { values: [], sources: ['images'], prefix: '' }],
    [['run', '-it', ''], { values: [], sources: ['images'], prefix: '' }],
    [['run', '-m', '1g', ''], { values: [], sources: ['images'], prefix: '' }],
    [['run', 'linux', '--'], { values: [], sources: [], prefix: '' }],
    [['logs', ''], { values: [], sources: ['machines'], prefix: '' }],
    [['inspect', 'a', ''], { values: [], sources: ['machines', 'images'], prefix: '' }],
    [['images', 'import', ''], { values: [], sources: ['files'], prefix: '' }],
    [['again', ''], { values: [], sources: ['runs'], prefix: '' }],
    [['rm', '--', '-'], { values: [], sources: ['machines'], prefix: '' }],
    [['run', '--nmae=x'], { values: [], sources: [], prefix: '' }],
  ])('knows what %j asks for', async (words, asked) => {
    expect(await at(...words)).toEqual(asked);
  });
});

describe('the words of half a line', () => {
  it.each([
    ['mvm run li', ['mvm', 'run', 'li']],
    ['mvm run ', ['mvm', 'run', '']],
    ['mvm  run -e "A=b c" x', ['mvm', 'run', '-e', 'A=b c', 'x']],
    ["mvm run 'a b", ['mvm', 'run', 'a b']],
    ['mvm run a\\ b', ['mvm', 'run', 'a b']],
    ['mvm run "a\\"b', ['mvm', 'run', 'a"b']],
    ['mvm run x"y"\'z\' \\', ['mvm', 'run', 'xyz', '']],
    ['', ['']],
  ])('%j are divided as a shell does', (line, words) => {
    expect(shellWords(line)).toEqual(words);
  });

  it('are completed behind the last break of bash', () => {
    expect(cutAtBreaks('alpine:3', ' =:@')('alpine:3.20')).toBe('3.20');
    expect(cutAtBreaks('--net=u', ' =:@')('--net=user')).toBe('user');
    expect(cutAtBreaks('web', ' =:@')('web-server')).toBe('web-server');
  });
});
