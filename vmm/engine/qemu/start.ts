/** Starts QEMU in a session of its own, so that it outlives the service. */
import { type ChildProcess, spawn } from 'node:child_process';
import { MvmError } from '../../contract/errors.ts';
import type { EngineExit, EngineProcess, LaunchPlan } from '../engine.ts';
import { EngineLog } from './engine-log.ts';
import { identify } from './identity.ts';

export interface StartedQemu {
  process: EngineProcess;
  exited: Promise<EngineExit>;
  /** why it ended, once it has: its last words are in */
  failure(): Promise<MvmError>;
  /** lets the service forget it, it runs on */
  release(): void;
}

/** @throws MvmError `engine.failed` */
export async function startQemu({ command, argv, engineLog }: LaunchPlan): Promise<StartedQemu> {
  const log = new EngineLog(engineLog);
  const child = spawn(command, argv, {
    detached: true,
    // A guest that took QEMU over finds neither the user's environment nor a working folder, nor can it fill the disk
    // with messages, for these pass through the service.
    stdio: ['ignore', 'ignore', 'pipe'],
    env: environment(),
    cwd: '/',
  });
  log.follow(child.stderr);
  const exited = exitOf(child);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    process: await spawned(child),
    exited,
    failure: async () => {
      await ended;
      return failed(await exited, log.lastLines(5));
    },
    release: () => {
      child.stderr.destroy();
      child.unref();
    },
  };
}

function environment(): NodeJS.ProcessEnv {
  const { PATH, LD_LIBRARY_PATH, TMPDIR } = process.env;
  return { ...(PATH && { PATH }), ...(LD_LIBRARY_PATH && { LD_LIBRARY_PATH }), ...(TMPDIR && { TMPDIR }) };
}

const exitOf = (child: ChildProcess): Promise<EngineExit> =>
  new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));

function spawned(child: ChildProcess): Promise<EngineProcess> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new MvmError('engine.failed', `QEMU cannot be started: ${cause.message}`, { cause }));
    });
    if (child.pid === undefined) return;
    // One that ended already is found by its exit: until Node has seen that, the pid is not given to another.
    resolve(identify(child.pid) ?? { pid: child.pid, startTime: 'ended' });
  });
}

function failed({ code, signal }: EngineExit, lastLines: string[]): MvmError {
  const port = lastLines.map(portInTheWay).find((end) => end !== undefined);
  if (port) return portTaken(port, lastLines);
  const how = signal ? `was ended by ${signal}` : `ended with code ${code}`;
  const said = lastLines.filter((line) => !line.includes(': warning: ')).map(withoutName);
  const why = said.length > 0 ? `: ${said.join('; ')}` : '';
  return new MvmError('engine.failed', `QEMU ${how} as it started${why}`, {
    hint: 'mvm doctor says what is wrong on this host.',
    details: { said: lastLines },
  });
}

/** The port was free when it was chosen: somebody took it in the moment before QEMU listened (net/slirp.c's words). */
const portInTheWay = (line: string): string | undefined =>
  /Could not set up host forwarding rule '\w+:([\d.]+:\d+)-/.exec(line)?.[1];

const portTaken = (port: string, said: string[]): MvmError =>
  new MvmError('port.taken', `port ${port} was taken as the machine started`, {
    hint: 'Publish on another port, or leave the host port out for any that is free.',
    details: { said },
  });

const withoutName = (line: string): string => line.replace(/^qemu-system-\w+: /, '');
