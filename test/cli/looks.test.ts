/** What people see on a terminal of their own: colours, widths, charts; and what they do not see in a pipe. */
import { join } from 'node:path';
import { spawn } from 'node-pty';
import { describe, expect, it } from 'vitest';
import { textWidth } from '../../vmm/cli/width.ts';
import { type World, world } from '../world.ts';

const CLI = join(import.meta.dirname, '../../.build/cli.cjs');
const ESCAPE = '\x1b';

/** All that `mvm …` writes on a terminal of so many columns. */
function seen(w: World, args: string[], columns: number, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const all = { ...w.env, NO_COLOR: undefined, TERM: 'xterm', LANG: 'C.UTF-8', LC_ALL: undefined, ...env };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const pty = spawn(process.execPath, [CLI, ...args], { cols: columns, rows: 40, env: Object.fromEntries(given) });
  let text = '';
  pty.onData((part) => {
    text += part;
  });
  return new Promise((resolve) => pty.onExit(() => resolve(text.replaceAll('\r\n', '\n'))));
}

/** Colours alone, which take no room. */
const plain = (text: string): string =>
  text
    .split(ESCAPE)
    .map((part, index) => (index === 0 ? part : part.replace(/^\[\d+m/, '')))
    .join('');

describe('on a terminal', () => {
  it('tables fit, and are coloured for those who want that', async () => {
    const w = world();
    const command = [
      'sh',
      '-c',
      'exit 3; echo so that the line is longer than any terminal is wide, whatever else is in it',
    ];
    await w.mvm(['run', '--name', 'a-machine-with-a-long-name', 'linux', ...command]);
    for (const columns of [40, 60, 80]) {
      const text = await seen(w, ['ps', '--all'], columns);
      expect(text).toContain(`${ESCAPE}[2mstopped`);
      const lines = plain(text).split('\n').filter(Boolean);
      expect(lines).toHaveLength(2);
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(columns);
    }
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }])
      expect(await seen(w, ['ps', '--all'], 80, env)).not.toContain(ESCAPE);
    const piped = await w.mvm(['ps', '--all']);
    expect(piped.stdout).toContain(command.join(' '));
    expect(piped.stdout).not.toContain(ESCAPE);
  });

  it('a start is drawn as a chart, on lines of its own', async () => {
    const w = world();
    const text = plain(await seen(w, ['run', '--timing', 'linux', 'printf', 'no newline'], 80));
    const lines = text.slice(text.indexOf('no newline')).split('\n').filter(Boolean);
    expect(lines.map((line) => line.slice(0, 17).trim())).toEqual([
      ...['no newline', 'ms since request', 'engine started', 'kernel entered', 'agent ready'],
      ...['program started', 'first byte', 'exited'],
    ]);
    for (const line of lines.slice(2)) expect(line).toMatch(/[▏▎▍▌▋▊▉█]/);
    for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(80);
    const piped = await w.mvm(['run', '--timing', 'linux', 'true']);
    expect(piped.stderr).toMatch(/^request +0\.0 ms\nengine started +[\d.]+ ms +\+[\d.]+\n/m);
    expect(JSON.parse((await w.mvm(['run', '--timing', '--json', 'linux', 'true'])).stderr)).toHaveProperty('exited');
  });

  it('a failure is red at its beginning, and JSON has no colours', async () => {
    const w = world();
    expect(await seen(w, ['frob'], 80)).toMatch(
      new RegExp(`^${ESCAPE}\\[31mmvm:${ESCAPE}\\[39m there is no command 'frob'\n`),
    );
    expect(JSON.parse(await seen(w, ['inspect', '--json', 'x', '--nope'], 80)).error.code).toBe('usage');
  });

  it.each([
    { asks: true, args: ['run', '--timeout', '60s', '--json', '-m', 'lots', 'linux'] },
    { asks: true, args: ['run', '--timeout', '60s', '--nope', '--json', 'linux'] },
    { asks: true, args: ['run', '-e', '--json', '--json', '-m', 'lots', 'linux'] },
    { asks: false, args: ['run', '-e', '--json', '-m', 'lots', 'linux'] },
    { asks: false, args: ['run', '-m', 'lots', 'linux', '--json'] },
  ])('$args has its failure as JSON: $asks', async ({ asks, args }) => {
    const { code, stderr } = await world().mvm(args);
    expect(code).toBe(125);
    if (asks) expect(JSON.parse(stderr).error.code).toBe('usage');
    else expect(stderr).toMatch(/^mvm: /);
  });
});

it('what the doctor says ends once', async () => {
  expect((await world().mvm(['doctor'])).stdout).not.toMatch(/\.\.$/m);
});
