/** One boot of a machine: engine, agent and console, from launch or adoption until the engine is gone. */
import { rm } from 'node:fs/promises';
import { MvmError } from '../contract/errors.ts';
import type { Machine } from '../contract/types.ts';
import type { EngineHandle, EngineProcess, Hardware } from '../engine/engine.ts';
import { settles } from '../engine/settles.ts';
import type { AgentSession } from '../guest/session.ts';
import { machinePaths, machineSockets } from '../paths.ts';
import { Console } from './console.ts';
import { engineGone } from './failures.ts';
import { quietly } from './waits.ts';
import type { MachineWorld } from './world.ts';

/** How long a kept machine may take to flush its disk and power off, in ms. */
const POWER_OFF_MS = 5_000;
/** How long an engine may take to end after it closed its sockets, in ms. */
const LAST_WORDS_MS = 2_000;

/** In order, a guest flushes its disk and powers off first. */
export type EndHow = 'in order' | 'at once';

export interface BootOptions {
  world: MachineWorld;
  /** the machine as it is when it is asked for: errors bear its name */
  machine(): Machine;
  /** the engine ended although nobody asked it to */
  onLost(error: unknown): void;
}

export interface LaunchEvents {
  signal: AbortSignal;
  onStarted(process: EngineProcess): void;
}

export class Boot {
  readonly #options: BootOptions;
  #handle: EngineHandle | null = null;
  #agent: AgentSession | null = null;
  #console: Console | null = null;
  #ending = false;

  constructor(options: BootOptions) {
    this.#options = options;
  }

  get agent(): AgentSession | null {
    return this.#agent;
  }

  get console(): Console | null {
    return this.#console;
  }

  get engineProcess(): EngineProcess | null {
    return this.#handle?.process ?? null;
  }

  /** Resolves when the guest's vCPUs run. */
  async launch(hardware: Hardware, { signal, onStarted }: LaunchEvents): Promise<void> {
    const { world } = this.#options;
    const engine = await world.engine();
    const plan = engine.plan(hardware, await world.accelerator());
    const deadlineMs = world.startDeadlineMs();
    this.#watch(await engine.launch(plan, { deadlineMs, onStarted, signal }));
  }

  /** False when the engine of an earlier service is gone; a stray one that nobody wrote down is ended. */
  async adopt(process: EngineProcess | null): Promise<boolean> {
    const { id } = this.#options.machine();
    const engine = await this.#options.world.engine();
    const sockets = machineSockets(this.#options.world.runFolder, id);
    if (!process) {
      await engine.endStray(sockets);
      return false;
    }
    const handle = await engine.adopt({ sockets, uuid: id }, process);
    if (handle) this.#watch(handle);
    return handle !== null;
  }

  async meetAgent(signal?: AbortSignal): Promise<AgentSession> {
    const { world, machine } = this.#options;
    const { sockets } = this.#running();
    this.#console = new Console(sockets.console, machinePaths(world.paths, machine().id).console);
    const deadlineMs = world.startDeadlineMs();
    this.#agent = await this.unlessGone(world.connectAgent(sockets.agent, { deadlineMs, ...(signal && { signal }) }));
    void this.#agent.closed.then(() => this.#agentClosed());
    return this.#agent;
  }

  /** When the line to the guest closes, its engine is what has something to say. */
  async unlessGone<T>(conversation: Promise<T>): Promise<T> {
    try {
      return await conversation;
    } catch (error) {
      const handle = this.#handle;
      const gone = error instanceof MvmError && error.code === 'agent.gone';
      if (gone && handle && (await settles(handle.exited, LAST_WORDS_MS))) throw await this.#engineFailure(handle);
      throw error;
    }
  }

  paused(): Promise<boolean> {
    return this.#running().paused();
  }

  async pause(): Promise<void> {
    await this.#running().pause();
  }

  async resume(): Promise<void> {
    await this.#running().resume();
  }

  /** Closes this service's connections; the guest runs on. */
  release(): void {
    this.#ending = true;
    this.#handle?.detach();
    this.#agent?.close();
    this.#console?.close();
  }

  /** A guest that does not answer is ended all the same. */
  async end(how: EndHow): Promise<void> {
    this.#ending = true;
    if (how === 'in order') await this.#powerOff();
    await this.#handle?.end(0);
    this.#agent?.close();
    this.#console?.close();
    const { world, machine } = this.#options;
    await rm(machineSockets(world.runFolder, machine().id).folder, { recursive: true, force: true });
  }

  #running(): EngineHandle {
    if (!this.#handle) throw new Error('this boot has no engine yet');
    return this.#handle;
  }

  #watch(handle: EngineHandle): void {
    this.#handle = handle;
    void this.#engineFailure(handle).then((error) => this.#ending || this.#options.onLost(error));
  }

  /** Resolves when the engine ends; the console's last words are awaited for the message. */
  async #engineFailure(handle: EngineHandle): Promise<MvmError> {
    const exit = await handle.exited;
    await this.#console?.ended;
    return engineGone(this.#options.machine(), exit, this.#console?.lastLines(12) ?? []);
  }

  /** The agent's port closed while the engine lives: nothing more can be learnt from this guest. */
  #agentClosed(): void {
    if (!this.#ending) void this.#handle?.end();
  }

  async #powerOff(): Promise<void> {
    const handle = this.#handle;
    if (!this.#agent || !handle) return;
    // Its answer may never come either.
    void quietly(this.#agent.powerOff());
    await settles(handle.exited, POWER_OFF_MS);
  }
}
