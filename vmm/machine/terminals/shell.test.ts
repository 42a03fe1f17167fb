import { expect, it } from 'vitest';
import { Shell } from './shell.ts';
import { shellEnvironment } from './shell-environment.ts';

const options = {
  argv: ['/bin/sh', '-c', 'exit 4'] as [string, ...string[]],
  env: {},
  cwd: '/',
  size: { columns: 80, rows: 24 },
  now: () => 0,
};

it('a shell tells how it ended', async () => {
  expect(await Shell.start(options).ended).toEqual({ code: 4, signal: null, at: 0 });
});

it('a shell finds what its user has, but nothing of what started the service', () => {
  const env = { PATH: '/usr/bin', LANG: 'C.UTF-8', ELECTRON_RUN_AS_NODE: '1', NODE_COMPILE_CACHE: '/x', TMUX: '/y' };
  expect(shellEnvironment({ env, home: '/home/mvm', bin: '/run/bin', cli: '/cli.cjs' })).toEqual({
    PATH: '/run/bin:/usr/bin',
    LANG: 'C.UTF-8',
    MVM_HOME: '/home/mvm',
    TERM: 'xterm-256color',
    COLORTERM: 'truecolor',
  });
});
