/** What a shell of the user finds: its usual environment, and `mvm` on PATH for this home. */
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

export interface ShellPlace {
  env: NodeJS.ProcessEnv;
  home: string;
  /** where `mvm` is put */
  bin: string;
  /** the command line's program, for this Node */
  cli: string;
}

export function shellProgram(env: NodeJS.ProcessEnv): string {
  return env.SHELL || userInfo().shell || '/bin/sh';
}

export function shellEnvironment({ env, home, bin }: ShellPlace): Record<string, string> {
  const usual = Object.entries(env).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && !OURS.test(pair[0]),
  );
  return {
    ...Object.fromEntries(usual),
    PATH: [bin, ...(env.PATH ? [env.PATH] : [])].join(delimiter),
    MVM_HOME: home,
    TERM: 'xterm-256color',
    COLORTERM: 'truecolor',
  };
}

/** What whoever started the service had for itself alone. */
const OURS = /^(ELECTRON_|NODE_CHANNEL_|NODE_COMPILE_CACHE$|TMUX|STY$|TERM_PROGRAM|WINDOWID$)/;

/** `mvm` as it is now: written anew each time, for another version may have been there before. */
export function putMvmOnPath({ bin, cli }: ShellPlace): void {
  mkdirSync(bin, { recursive: true, mode: 0o700 });
  const path = join(bin, 'mvm');
  const script = `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(cli)} "$@"\n`;
  writeFileSync(`${path}.new`, script, { mode: 0o700 });
  chmodSync(`${path}.new`, 0o700);
  renameSync(`${path}.new`, path);
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Beside the service's bundle; run from source, the source. */
export const cliOf = (service: string): string =>
  service.endsWith('.ts') ? join(dirname(service), '../cli/main.ts') : join(dirname(service), 'cli.cjs');
