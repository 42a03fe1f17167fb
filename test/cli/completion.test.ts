/** Completion in the shells themselves: what a user types, a tab, and what then stands on the line. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IPty, spawn } from 'node-pty';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Layout } from '../images/layout.ts';
import { eventually, World } from '../world.ts';

const CLI = join(import.meta.dirname, '../../.build/cli.cjs');
const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

/** Shells that read none of the user's own files, with a prompt to wait for. */
const shells = [
  { shell: 'bash', argv: ['--norc', '--noprofile', '-i'], setUp: "PS1='> '; source <(mvm completion bash)" },
  {
    shell: 'zsh',
    argv: ['-f', '-i'],
    setUp:
      "PS1='> '; unsetopt zle_bracketed_paste prompt_sp; autoload -Uz compinit; compinit -u -D; source <(mvm completion zsh)",
  },
  {
    shell: 'fish',
    argv: ['--no-config', '-i'],
    setUp:
      "function fish_prompt; echo -n '> '; end; set -g fish_greeting; set -g fish_autosuggestion_enabled 0; mvm completion fish | source",
  },
];

/** Home, PATH with `mvm` on it, machines and an image: the same for all that is typed. */
const bin = mkdtempSync(join(tmpdir(), 'mvm-bin-'));
const w = new World({ env: { PATH: `${bin}:${process.env.PATH}`, HOME: bin, TERM: 'xterm', NO_COLOR: '1' } });
const ptys: IPty[] = [];

beforeAll(async () => {
  writeFileSync(join(bin, 'mvm'), `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`);
  chmodSync(join(bin, 'mvm'), 0o755);
  const layout = new Layout();
  await w.mvm(['images', 'import', await layout.index(layout.image('a')).folder(bin), 'tool:1.2']);
  await w.mvm(['run', '-d', '--name', 'running-one', 'linux', 'sleep', '600']);
  await w.mvm(['run', '--name', 'stopped-one', 'linux', 'true']);
});

afterEach(() => {
  for (const pty of ptys.splice(0)) pty.kill();
});

afterAll(async () => {
  await w.end();
  rmSync(bin, { recursive: true, force: true });
});

function open(argv: string[]): { type(text: string): void; seen(): string } {
  const [shell = '', ...rest] = argv;
  const env = Object.fromEntries(Object.entries(w.env).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
  const pty = spawn(shell, rest, { cols: 200, rows: 50, env, cwd: bin });
  ptys.push(pty);
  let text = '';
  pty.onData((part) => {
    text += part;
  });
  // What is typed stays readable whatever the shell paints around it.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const escapes = /\x1b(?:\[[0-9;?>=]*[ -/]*[@-~]|[()][A-Z0-9]|\][^\x07]*\x07|[=>])/g;
  return { type: (what) => pty.write(what), seen: () => text.replace(escapes, '').replace(/[\b\r]/g, '') };
}

describe.each(shells.filter(({ shell }) => has(shell)))('in $shell', ({ shell, argv, setUp }) => {
  it('a tab completes commands, options, values, and the names of what is there', async () => {
    const terminal = open([shell, ...argv]);
    terminal.type(`${setUp}; echo rea''dy\r`);
    await eventually(() => terminal.seen().includes('\nready'), `${shell}'s set-up`);
    for (const [typed, line] of [
      ['mvm hist\t', 'mvm history '],
      ['mvm run --entry\t', 'mvm run --entrypoint '],
      ['mvm run --net no\t', 'mvm run --net none '],
      ['mvm run --net=us\t', 'mvm run --net=user '],
      ['mvm images imp\t', 'mvm images import '],
      ['mvm run tool:1\t', 'mvm run tool:1.2 '],
      ['mvm stop run\t', 'mvm stop running-one '],
      ['mvm start stop\t', 'mvm start stopped-one '],
      ['mvm ps --filter status=exi\t', 'mvm ps --filter status=exited '],
    ] as const) {
      const before = terminal.seen().length;
      terminal.type(typed);
      // A service that is too busy to answer in time leaves the line as it is: then one presses tab again.
      let looks = 0;
      const completed = () => {
        if (++looks % 200 === 0) terminal.type('\t');
        return terminal.seen().slice(before).includes(line);
      };
      await eventually(completed, `'${line}' in ${shell}: ${terminal.seen()}`);
      // ctrl-U takes the line away.
      terminal.type('\x15');
    }
  });
});

describe('a tab without a service', () => {
  it('starts none, is silent, and still knows what lies there', async () => {
    const asleep = new World({ home: w.home, env: w.env });
    const rest = mkdtempSync(join(tmpdir(), 'mvm-none-'));
    const nothing = new World({ home: rest });
    const before = readdirSync(rest);
    expect(await nothing.mvm(['__complete', 'words', 'logs', ''])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
      bytes: Buffer.alloc(0),
    });
    expect(readdirSync(rest)).toEqual(before);
    rmSync(rest, { recursive: true });
    await w.api('POST', '/v1/shutdown');
    await eventually(async () => !(await answers(asleep)), 'the end of the service');
    expect((await asleep.mvm(['__complete', 'words', 'start', ''])).stdout).toBe('stopped-one\tlinux, stopped\n');
    expect((await asleep.mvm(['__complete', 'words', 'run', ''])).stdout.split('\n')).toContain('tool:1.2');
    expect(await answers(asleep)).toBe(false);
  });

  const answers = async (world: World): Promise<boolean> => {
    try {
      return (await world.api('GET', '/v1/version')).status === 200;
    } catch {
      // Nobody listens, which is what is asked.
      return false;
    }
  };
});
