/** Where everything is measured: a home of its own, driven through `./mvm`, of which nothing stays. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { call } from '../../vmm/client/connect.ts';
import { MvmError } from '../../vmm/contract/errors.ts';
import type { CallName, InputOf, OutputOf } from '../../vmm/contract/operations.ts';
import type { Artifacts } from '../../vmm/paths.ts';
import { findArtifacts } from '../../vmm/service/artifacts.ts';
import { type Ended, run } from './command.ts';

const ROOT = join(import.meta.dirname, '../..');

export class Ground {
  /** for whatever a bench makes; the home is one of its folders */
  readonly folder = mkdtempSync(join(tmpdir(), 'mvm-bench-'));
  readonly home = join(this.folder, 'home');
  readonly artifacts: Partial<Artifacts> = findArtifacts(process.env);
  /** aborted when nobody wants the figures any more */
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv = { ...process.env, MVM_HOME: this.home, NO_COLOR: '1' };
  #ready: Promise<unknown> | null = null;

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  /** In the repository's folder, where `./mvm` is. */
  readonly run = (argv: readonly string[]): Promise<Ended> =>
    run(argv, { cwd: ROOT, env: this.env, signal: this.signal });

  /** The service runs, knows its accelerator, and has the base image's disk. */
  async ready(): Promise<void> {
    this.#ready ??= this.run(['./mvm', 'run', 'linux', 'true']);
    await this.#ready;
  }

  /** Asks the running service. */
  call<Name extends CallName>(name: Name, input: InputOf<Name>): Promise<OutputOf<Name>> {
    return call({ home: this.home, entry: null }, name, input);
  }

  /** A machine that runs until the ground ends; its name. */
  async machine(): Promise<string> {
    await this.ready();
    const { stdout } = await this.run(['./mvm', 'run', '-d', 'linux', 'sleep', '1d']);
    return stdout.trim();
  }

  async end(): Promise<void> {
    if (this.#ready) await this.#endService();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }

  async #endService(): Promise<void> {
    try {
      const { machines } = await this.call('machines', {});
      for (const { id } of machines) await this.call('remove', { machine: id, force: true });
      const { pid } = await this.call('version', {});
      await this.call('shutdown', {});
      while (isRunning(pid)) await setTimeout(10);
    } catch (error) {
      // Its first run was interrupted before a service was there.
      if (!(error instanceof MvmError && error.code === 'service.absent')) throw error;
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    // It has no entry any more: that is what was asked.
    return false;
  }
}
