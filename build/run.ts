/** Runs a build tool to its end. What it prints goes to a log file; when it fails, the last lines are in the error. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { MvmError } from '../vmm/contract/errors.ts';

export interface RunOptions {
  logFile?: string;
  onLine?: (line: string) => void;
  env?: Record<string, string>;
  cwd?: string;
}

/** Returns what the tool printed last, at most `kept` lines. */
export async function run([program = '', ...args]: string[], options: RunOptions = {}): Promise<string> {
  const { logFile, onLine, env, cwd } = options;
  // The tool writes to a pipe of ours: when we die, its next line ends it too.
  const tool = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd,
    env: { ...process.env, LC_ALL: 'C', ...env },
  });
  const last: string[] = [];
  const take = (line: string): void => {
    last.push(line);
    if (last.length > kept) last.shift();
    if (logFile) appendFileSync(logFile, `${line}\n`);
    onLine?.(line);
  };
  for (const output of [tool.stdout, tool.stderr]) createInterface({ input: output }).on('line', take);
  const [code] = await once(tool, 'close').catch((cause) => {
    throw new MvmError('build.no-tool', `${program} could not be started.`, { hint: `install ${program}`, cause });
  });
  if (code === 0) return last.join('\n');
  throw new MvmError('build.failed', `${program} failed (${code}):\n${last.join('\n')}`, {
    hint: logFile && `all of its output is in ${logFile}`,
  });
}

const kept = 30;
