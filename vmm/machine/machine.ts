/** One machine through time: started, run, stopped, and found again after the service restarted. */
import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { MvmError } from '../contract/errors.ts';
import type { Machine, ProcessSpec, ProgramExit } from '../contract/types.ts';
import type { EngineHandle, EngineProcess, Hardware } from '../engine/engine.ts';
import { settles } from '../engine/settles.ts';
import type { AgentSession } from '../guest/session.ts';
import { machinePaths, machineSockets } from '../paths.ts';
import { Console } from './console.ts';
import { engineGone, guestSilent, lostWhileAway, toBody } from './failures.ts';
import { becomeFor, guestExec } from './guest-view.ts';
import { isLive, type MachineEvent, next } from './lifecycle.ts';
import { OutputLog } from './output-log.ts';
import { type MachineRecord, removeFolder, writeRecord } from './record.ts';
import { Session, type SessionClient, type StdinState } from './session.ts';
import { Stopwatch } from './stopwatch.ts';
import { quietly, unlessAborted } from './waits.ts';
import type { MachineWorld, Progress } from './world.ts';

/** After a deadline's SIGTERM the program has this long, in ms: PID 1 of a guest ignores what it does not handle. */
const TIMEOUT_KILL_MS = 2_000;
/** How long a kept machine may take to flush its disk and power off, in ms. */
const POWER_OFF_MS = 5_000;
/** How long an engine may take to end after it closed its sockets, in ms. */
const LAST_WORDS_MS = 2_000;
/** How long the guest may take to report a program that was sent SIGKILL, in ms. */
const KILL_MS = 3_000;
/** How long a client may take to fetch what is left of a program that was stopped, in ms. */
const CLIENT_MS = 2_000;
/** Exit code of a program that `--timeout` ended, as coreutils' timeout has it. */
const TIMED_OUT = 124;

export class GuestMachine {
  readonly #world: MachineWorld;
  #record: MachineRecord;
  #handle: EngineHandle | null = null;
  #agent: AgentSession | null = null;
  #console: Console | null = null;
  #log: OutputLog | null = null;
  readonly #stopwatch: Stopwatch;
  #ending = false;
  #timedOut = false;
  #timeout: NodeJS.Timeout | null = null;
  #writes: Promise<void> = Promise.resolve();
  #closed: Promise<void> | null = null;
  /** while it starts: what gives the start up, and the start itself */
  #starting: { giveUp: AbortController; over: Promise<unknown> } | null = null;
  readonly sessions = new Map<string, Session>();

  constructor(world: MachineWorld, record: MachineRecord) {
    this.#world = world;
    this.#record = record;
    this.#stopwatch = new Stopwatch(world.clock, record.machine.timeline, (timeline) => this.#change({ timeline }));
  }

  get snapshot(): Machine {
    return this.#record.machine;
  }

  get id(): string {
    return this.snapshot.id;
  }

  get live(): boolean {
    return isLive(this.snapshot.state);
  }

  get console(): Console | null {
    return this.#console;
  }

  get log(): OutputLog | null {
    return this.#log;
  }

  /** Boots and starts the program; resolves when it runs. Whatever fails, nothing is left running. */
  async start(progress: Progress, client: SessionClient | null, signal?: AbortSignal): Promise<Session> {
    this.#apply({ name: 'start' });
    const giveUp = new AbortController();
    const either = AbortSignal.any([giveUp.signal, ...(signal ? [signal] : [])]);
    const started = this.#start(progress, client, either);
    this.#starting = { giveUp, over: quietly(started) };
    try {
      return await started;
    } finally {
      this.#starting = null;
    }
  }

  async #start(progress: Progress, client: SessionClient | null, signal: AbortSignal): Promise<Session> {
    try {
      const hardware = await this.#prepare(progress, signal);
      const agent = await this.#boot(hardware, signal);
      return await this.#startProgram(agent, client, signal);
    } catch (error) {
      throw await this.#failStart(error);
    }
  }

  /** Runs a further program; resolves when it runs. */
  async exec(id: string, spec: ProcessSpec, client: SessionClient | null): Promise<Session> {
    const agent = this.#runningAgent();
    const session = this.#newSession(id, client !== null);
    if (client) session.attach(client, { 2: 0, 3: 0 });
    try {
      session.bind(await agent.exec(guestExec(id, spec, false), session.sink));
      session.stopwatch.mark('programStarted');
    } catch (error) {
      this.sessions.delete(id);
      throw error;
    }
    void this.#forgetWhenSettled(session);
    return session;
  }

  /** Round trip to the agent in ms. */
  ping(): Promise<number> {
    return this.#runningAgent().ping();
  }

  /** A client came back to a session: the guest sends again what it has not consumed. Answers where stdin goes on. */
  reattach(session: Session, client: SessionClient, from: { stdout: number; stderr: number }): StdinState {
    session.attach(client, { 2: from.stdout, 3: from.stderr });
    this.#resume(session);
    return session.openStdin();
  }

  /** Resolves when its own program has ended, at once when none runs. */
  async programEnded(): Promise<void> {
    await this.sessions.get(this.id)?.ended;
  }

  /** Asks the program to end, then ends it. */
  async stop(graceMs: number): Promise<void> {
    if (!this.live) return;
    const main = this.sessions.get(this.id);
    if (main && this.snapshot.state.name === 'running') {
      this.#apply({ name: 'stop-requested', at: this.#world.clock.now() });
      await quietly(main.signal(this.snapshot.spec.stopSignal));
      if (await settles(main.ended, graceMs)) return this.#closeWithout(main);
    }
    if (this.live) await this.kill('SIGKILL');
  }

  /** Sends a signal to the program; SIGKILL always ends the machine. */
  async kill(signal: string): Promise<void> {
    if (signal === 'SIGKILL' && this.#starting) return this.#giveUpStart(this.#starting);
    const main = this.sessions.get(this.id);
    if (!this.live || (!main && signal !== 'SIGKILL')) throw this.#notRunning();
    if (signal !== 'SIGKILL') return main?.signal(signal);
    if (main) await quietly(main.signal(signal));
    if (!main || !(await settles(main.ended, KILL_MS))) await this.#endUnheard();
    if (main) await this.#closeWithout(main);
  }

  async #giveUpStart({ giveUp, over }: { giveUp: AbortController; over: Promise<unknown> }): Promise<void> {
    giveUp.abort(new MvmError('machine.killed', `machine ${this.snapshot.name} was ended before its program ran`));
    await over;
    // Its program may have begun in the same moment.
    if (this.live) await this.kill('SIGKILL');
  }

  /** A client that reads no more does not keep the machine. */
  async #closeWithout(main: Session): Promise<void> {
    if (!(await settles(this.closed(), CLIENT_MS))) main.leave();
    await this.closed();
  }

  /** Resolves when no engine runs for the machine and its folder is in order. */
  async closed(): Promise<void> {
    await this.#closed;
  }

  /** Closes this service's connections; the guest runs on. */
  release(): void {
    this.#ending = true;
    if (this.#timeout) clearTimeout(this.#timeout);
    this.#handle?.detach();
    this.#agent?.close();
    this.#console?.close();
  }

  /** Finds the running guest again, or settles what became of it. */
  async adopt(): Promise<void> {
    if (!this.live) return;
    const engine = await this.#world.engine();
    const { id } = this;
    const sockets = machineSockets(this.#world.runFolder, id);
    if (this.#record.engine) this.#handle = await engine.adopt({ sockets, uuid: id }, this.#record.engine);
    else await engine.endStray({ sockets, uuid: id });
    if (!this.#handle) return this.#settleLost();
    this.#watch(this.#handle);
    try {
      await this.#adoptProgram(await this.#meetAgent());
    } catch (error) {
      await this.#failStart(error);
    }
  }

  async #prepare(progress: Progress, signal: AbortSignal): Promise<Hardware> {
    const { spec } = this.snapshot;
    const { folder, disk, engineLog } = machinePaths(this.#world.paths, this.id);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const imageDisk = await this.#world.images.disk(spec.imageDigest, progress, signal);
    this.#apply({ name: 'step', step: 'disk' });
    await this.#world.makeMachineDisk(disk, spec.ephemeral ? 'scratch' : 'kept');
    const sockets = machineSockets(this.#world.runFolder, this.id);
    await mkdir(sockets.folder, { recursive: true, mode: 0o700 });
    const { vcpus, memoryBytes, network } = spec;
    return { id: this.id, vcpus, memoryBytes, network, imageDisk, machineDisk: disk, sockets, engineLog };
  }

  async #boot(hardware: Hardware, signal: AbortSignal): Promise<AgentSession> {
    this.#apply({ name: 'step', step: 'engine' });
    const engine = await this.#world.engine();
    const plan = engine.plan(hardware, await this.#world.accelerator());
    await this.#write();
    const deadlineMs = this.#world.startDeadlineMs();
    const onStarted = (process: EngineProcess) => this.#engineStarted(process);
    this.#handle = await engine.launch(plan, { deadlineMs, onStarted, signal });
    this.#stopwatch.mark('kernelEntered');
    this.#watch(this.#handle);
    this.#apply({ name: 'step', step: 'agent' });
    const agent = await this.#meetAgent(signal);
    this.#stopwatch.mark('agentReady');
    return agent;
  }

  #engineStarted(process: EngineProcess): void {
    this.#stopwatch.mark('engineStarted');
    this.#record.engine = process;
    void this.#note();
  }

  async #startProgram(agent: AgentSession, client: SessionClient | null, signal: AbortSignal): Promise<Session> {
    this.#apply({ name: 'step', step: 'program' });
    const { spec } = this.snapshot;
    const session = this.#newMainSession(client !== null);
    if (client) session.attach(client, { 2: 0, 3: 0 });
    const become = becomeFor(this.snapshot, this.#world.clock.now(), randomBytes(64));
    const begun = agent.becomeAndExec(become, guestExec(this.id, spec.process, true), session.sink);
    session.bind(await this.#unlessGone(unlessAborted(begun, signal)));
    this.#stopwatch.mark('programStarted');
    this.#apply({ name: 'program-started', at: this.#world.clock.now() });
    this.#armTimeout(spec.timeoutMs);
    await this.#write();
    return session;
  }

  async #adoptProgram(agent: AgentSession): Promise<void> {
    const { processes } = agent.guest;
    if (!processes.some((process) => process.id === this.id)) throw lostWhileAway(this.snapshot);
    if (this.snapshot.state.name === 'starting') this.#apply({ name: 'program-started', at: this.#world.clock.now() });
    for (const process of processes) {
      if (process.id === this.id) this.#expect(this.#newMainSession(this.#record.foreground));
      else this.#expect(this.#adoptFurther(process.id));
    }
    const { timeoutMs } = this.snapshot.spec;
    const ran = this.#world.clock.now() - this.snapshot.timeline.requestedAt;
    this.#armTimeout(timeoutMs === null ? null : Math.min(timeoutMs, Math.max(0, timeoutMs - ran)));
  }

  #adoptFurther(id: string): Session {
    const session = this.#newSession(id, !this.#record.detachedSessions.includes(id));
    void this.#forgetWhenSettled(session);
    return session;
  }

  /** With a client to come, the guest's output waits for its word on how far it got. */
  #expect(session: Session): void {
    if (session.foreground) session.awaitClient();
    else this.#resume(session);
  }

  #resume(session: Session): void {
    if (!this.#agent) return;
    session.bind(this.#agent.adopt(session.id, session.resumeFrom, session.sink));
  }

  async #meetAgent(signal?: AbortSignal): Promise<AgentSession> {
    const handle = this.#handle as EngineHandle;
    this.#console = new Console(handle.sockets.console, machinePaths(this.#world.paths, this.id).console);
    const deadlineMs = this.#world.startDeadlineMs();
    const options = { deadlineMs, ...(signal && { signal }) };
    this.#agent = await this.#unlessGone(this.#world.connectAgent(handle.sockets.agent, options));
    void this.#agent.closed.then(() => this.#agentClosed());
    return this.#agent;
  }

  /** When the line to the guest closes, its engine is what has something to say. */
  async #unlessGone<T>(conversation: Promise<T>): Promise<T> {
    try {
      return await conversation;
    } catch (error) {
      const handle = this.#handle;
      const gone = error instanceof MvmError && error.code === 'agent.gone';
      if (gone && handle && (await settles(handle.exited, LAST_WORDS_MS))) return this.#engineFailure(handle);
      throw error;
    }
  }

  /** Rejects when the engine ends; the console's last words are awaited for the message. */
  async #engineFailure(handle: EngineHandle): Promise<never> {
    const exit = await handle.exited;
    await this.#console?.ended;
    throw engineGone(this.snapshot, exit, this.#console?.lastLines(12) ?? []);
  }

  #watch(handle: EngineHandle): void {
    void this.#engineFailure(handle).catch((error: unknown) => this.#lost(error));
  }

  /** The agent's port closed while the engine lives: nothing more can be learnt from this guest. */
  #agentClosed(): void {
    if (!this.#ending && this.#handle) void this.#handle.end();
  }

  async #lost(error: unknown): Promise<void> {
    if (this.#ending || !this.live) return;
    // A start that is under way meets the same failure and reports it.
    if (this.snapshot.state.name === 'starting') return;
    this.#world.log(`machine ${this.snapshot.name}: ${(error as Error).message}`);
    await this.#fail(error);
  }

  async #failStart(error: unknown): Promise<unknown> {
    const described = guestSilent(error, this.snapshot, this.#console?.lastLines(12) ?? []);
    await this.#fail(described);
    return described;
  }

  async #fail(error: unknown): Promise<void> {
    const body = toBody(error);
    for (const session of this.sessions.values()) session.fail(body);
    if (this.live) this.#apply({ name: 'failed', error: body, at: this.#world.clock.now() });
    await this.#close('at once');
  }

  async #settleLost(): Promise<void> {
    const error = toBody(lostWhileAway(this.snapshot));
    this.#apply({ name: 'failed', error, at: this.#world.clock.now() });
    await this.#close('at once');
  }

  /** The guest does not answer: its engine is ended and the program counts as killed. */
  async #endUnheard(): Promise<void> {
    const exit = { code: 137, signal: 'SIGKILL', at: this.#world.clock.now() };
    if (this.live) {
      this.#apply({ name: 'program-exited', exit });
      this.#rememberExit(exit);
    }
    for (const session of this.sessions.values()) session.fail(toBody(this.#notRunning()));
    await this.#close('at once');
  }

  #newMainSession(foreground: boolean): Session {
    const { spec } = this.snapshot;
    if (!spec.ephemeral || !foreground) this.#log ??= new OutputLog(machinePaths(this.#world.paths, this.id).output);
    this.#record.foreground = foreground;
    const session = this.#newSession(this.id, foreground);
    void session.ended.then((end) => ('exit' in end ? this.#programExited(session, end.exit) : undefined));
    return session;
  }

  #newSession(id: string, foreground: boolean): Session {
    const main = id === this.id;
    const session = new Session({
      id,
      main,
      foreground,
      log: main ? this.#log : null,
      now: () => this.#world.clock.now(),
      stopwatch: main ? this.#stopwatch : new Stopwatch(this.#world.clock),
      exitCode: (code) => (main && this.#timedOut ? TIMED_OUT : code),
      onAbandoned: (abandoned) => this.#abandoned(abandoned),
      onLogLost: (error) => this.#world.log(`machine ${this.snapshot.name}: output is not recorded: ${error.message}`),
    });
    this.sessions.set(id, session);
    return session;
  }

  /** Nobody came back for a program: an ephemeral machine ends, a kept one goes on by itself. */
  #abandoned(session: Session): void {
    if (!session.main) {
      session.leave();
      void quietly(session.signal('SIGKILL'));
    } else if (this.snapshot.spec.ephemeral) {
      this.#world.log(`machine ${this.snapshot.name}: its client is gone, so it ends`);
      session.leave();
      if (this.live) void this.#inBackground(this.kill('SIGKILL'));
    } else {
      this.#record.foreground = false;
      session.leave();
      this.#resume(session);
      void this.#note();
    }
  }

  async #programExited(session: Session, exit: ProgramExit): Promise<void> {
    if (!this.live) return;
    this.#apply({ name: 'program-exited', exit });
    this.#rememberExit(exit);
    this.#closed = this.#closeAfter(session);
    await this.#inBackground(this.#closed);
  }

  #rememberExit(exit: ProgramExit): void {
    try {
      this.#world.finished(this.#record.history, this.snapshot, exit);
    } catch (error) {
      // A full disk costs the history's line.
      this.#world.log(`machine ${this.snapshot.name}: ${(error as Error).message}`);
    }
  }

  async #closeAfter(session: Session): Promise<void> {
    if (!this.snapshot.spec.ephemeral) await this.#note();
    await session.settled;
    await this.#tearDown(this.snapshot.spec.ephemeral ? 'at once' : 'in order');
  }

  #close(how: 'in order' | 'at once'): Promise<void> {
    this.#closed ??= this.#tearDown(how);
    return this.#closed;
  }

  async #tearDown(how: 'in order' | 'at once'): Promise<void> {
    this.#ending = true;
    if (this.#timeout) clearTimeout(this.#timeout);
    if (how === 'in order') await this.#powerOff();
    await this.#handle?.end(0);
    this.#agent?.close();
    this.#console?.close();
    this.#log?.close();
    this.#handle = this.#agent = this.#console = this.#log = this.#record.engine = null;
    for (const session of this.sessions.values()) session.fail(toBody(this.#notRunning()));
    this.sessions.clear();
    await rm(machineSockets(this.#world.runFolder, this.id).folder, { recursive: true, force: true });
    if (this.snapshot.spec.ephemeral) await this.erase();
    else await this.#note();
  }

  /** Flushes and unmounts the machine's disk; a guest that does not answer is ended all the same. */
  async #powerOff(): Promise<void> {
    const handle = this.#handle;
    if (!this.#agent || !handle) return;
    await quietly(this.#agent.powerOff());
    await settles(handle.exited, POWER_OFF_MS);
  }

  /** Removes the machine's folder and name; only once it is closed. */
  async erase(): Promise<void> {
    await this.#writes;
    await removeFolder(this.#world.paths, this.id);
    this.#world.removed(this.snapshot);
  }

  async #forgetWhenSettled(session: Session): Promise<void> {
    await session.settled;
    await quietly(session.reap());
    this.sessions.delete(session.id);
  }

  /** Remembers that nobody watches a session, for the service that may adopt it. */
  markDetached(session: string): void {
    this.#record.detachedSessions.push(session);
    void this.#note();
  }

  #armTimeout(ms: number | null): void {
    if (ms === null) return;
    this.#timeout = setTimeout(() => {
      this.#timedOut = true;
      const main = this.sessions.get(this.id);
      void quietly(main?.signal('SIGTERM'));
      this.#timeout = setTimeout(() => void quietly(main?.signal('SIGKILL')), TIMEOUT_KILL_MS);
    }, ms);
  }

  #runningAgent(): AgentSession {
    if (!this.#agent || this.snapshot.state.name !== 'running') throw this.#notRunning();
    return this.#agent;
  }

  #notRunning(): MvmError {
    const { name, state } = this.snapshot;
    return new MvmError('machine.not-running', `machine ${name} is not running (it is ${state.name})`, {
      hint: 'mvm ps --all lists all machines.',
    });
  }

  #apply(event: MachineEvent): void {
    this.#change({ state: next(this.snapshot.state, event) });
  }

  #change(change: Partial<Machine>): void {
    this.#record.machine = this.#world.publish({ ...this.snapshot, ...change });
  }

  /** One write at a time, in order; each writes what is true when its turn comes. */
  #write(): Promise<void> {
    const write = this.#writes.then(() => writeRecord(this.#world.paths, this.#record));
    this.#writes = quietly(write);
    return write;
  }

  /** Where there is no way back: a full disk costs the record, not the machine's orderly end. */
  #note(): Promise<void> {
    return this.#inBackground(this.#write());
  }

  /** For what nobody waits for: a failure is told by the log. */
  async #inBackground(work: Promise<void>): Promise<void> {
    await work.catch((error: Error) => this.#world.log(`machine ${this.snapshot.name}: ${error.message}`));
  }
}
