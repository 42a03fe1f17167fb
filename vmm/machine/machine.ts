/** One machine through time: started, run, paused, stopped, started again, and found again after a service died. */
import { randomBytes } from 'node:crypto';
import { MvmError, toBody } from '../contract/errors.ts';
import type { Machine, ProcessSpec, ProgramExit, TerminalSize } from '../contract/types.ts';
import type { EngineProcess } from '../engine/engine.ts';
import { settles } from '../engine/settles.ts';
import type { AgentSession } from '../guest/session.ts';
import { machinePaths } from '../paths.ts';
import { adopt } from './adopt.ts';
import { Boot, type EndHow } from './boot.ts';
import { Closing } from './closing.ts';
import type { Console } from './console.ts';
import { guestSilent, notPaused, notRunning } from './failures.ts';
import { Ledger } from './ledger.ts';
import { MachinePorts } from './machine-ports.ts';
import type { OutputLog } from './output-log.ts';
import { Programs } from './programs.ts';
import { type MachineRecord, removeFolder } from './record.ts';
import { Recording } from './recording.ts';
import type { Session, SessionClient } from './session.ts';
import { SessionFiles } from './session-files.ts';
import { begin } from './start.ts';
import { Stopwatch } from './stopwatch.ts';
import { TimeLimit } from './time-limit.ts';
import { endOrLeft, quietly } from './waits.ts';
import type { MachineWorld, Progress } from './world.ts';

/** How long a program has to end when nobody says otherwise, in ms. */
const STOP_GRACE_MS = 10_000;
/** How long the guest may take to report a program that was sent SIGKILL, in ms. */
const KILL_MS = 3_000;
/** Exit code of a program that `--timeout` ended, as coreutils' timeout has it. */
const TIMED_OUT = 124;

export interface StartAgain {
  progress?: Progress;
  /** has the program from its first byte on; without one it runs by itself */
  client?: SessionClient | null;
  signal?: AbortSignal | undefined;
  /** of the client's terminal */
  size?: TerminalSize | null;
}

export class GuestMachine {
  readonly programs: Programs;
  readonly #world: MachineWorld;
  readonly #ledger: Ledger;
  readonly #record: MachineRecord;
  readonly #timeLimit = new TimeLimit();
  readonly #ports: MachinePorts;
  readonly #recording: Recording;
  readonly #closing = new Closing((how) => this.#tearDown(how));
  #boot: Boot | null = null;
  #stopwatch: Stopwatch;
  #erased: Promise<void> | null = null;
  #removed: Promise<void> | null = null;
  /** while it starts: what gives the start up, and the start itself */
  #starting: { giveUp: AbortController; over: Promise<unknown> } | null = null;

  constructor(world: MachineWorld, record: MachineRecord) {
    this.#world = world;
    this.#ledger = new Ledger(world, record);
    this.#record = record;
    this.#stopwatch = this.#newStopwatch();
    this.#ports = new MachinePorts(world.ports, this.#ledger);
    this.#recording = new Recording(world.paths, record);
    this.programs = new Programs({
      id: this.id,
      clock: world.clock,
      clientGraceMs: () => world.clientGraceMs(),
      files: new SessionFiles(machinePaths(world.paths, this.id)),
      mainFacts: () => ({ ...this.snapshot.spec.process, started: this.#programStarted() }),
      openLog: () => this.#recording.begin(null),
      agent: () => this.#boot?.agent ?? null,
      log: () => this.#recording.log,
      stopwatch: () => this.#stopwatch,
      exitCode: (code) => this.#exitCode(code),
      wasDetached: (session) => record.detachedSessions.includes(session),
      onMainExit: (session, exit) => void this.#programExited(session, exit),
      onMainAbandoned: (session) => this.#abandoned(session),
      onDetached: (session) => this.#detached(session),
      onLogLost: (error) => this.#ledger.tell(`output is not recorded: ${error.message}`),
      tell: (what) => this.#ledger.tell(what),
    });
  }

  get snapshot(): Machine {
    return this.#record.machine;
  }

  get id(): string {
    return this.snapshot.id;
  }

  get live(): boolean {
    return this.#ledger.live;
  }

  get console(): Console | null {
    return this.#boot?.console ?? null;
  }

  get log(): OutputLog | null {
    return this.#recording.log;
  }

  /** Its engine, while one runs. */
  get engineProcess(): EngineProcess | null {
    return this.#boot?.engineProcess ?? null;
  }

  /** Boots and starts the program; resolves when it runs. Whatever fails, nothing is left running. */
  async start(progress: Progress, client: SessionClient | null, signal?: AbortSignal): Promise<Session> {
    await this.closed();
    return this.#begin(progress, client, signal);
  }

  async #begin(progress: Progress, client: SessionClient | null, signal?: AbortSignal): Promise<Session> {
    this.#ledger.apply({ name: 'start' });
    this.#closing.forget();
    this.#record.foreground = client !== null;
    const giveUp = new AbortController();
    const either = AbortSignal.any([giveUp.signal, ...(signal ? [signal] : [])]);
    const started = this.#start(progress, client, either);
    const starting = { giveUp, over: quietly(started) };
    this.#starting = starting;
    try {
      return await started;
    } finally {
      if (this.#starting === starting) this.#starting = null;
    }
  }

  /** Starts a kept machine that does not run again, with its disk as it was. */
  async startAgain({ progress = () => undefined, client = null, signal, size }: StartAgain = {}): Promise<Session> {
    if (!this.live) await this.#closedSoon();
    // From here to the beginning in one step, for others may have waited as well.
    this.#mayStart();
    this.#record.history = null;
    this.#record.detachedSessions = [];
    const { spec } = this.snapshot;
    if (size && spec.process.tty) this.#ledger.change({ spec: { ...spec, process: { ...spec.process, size } } });
    this.#ledger.change({ timeline: { requestedAt: this.#world.clock.now() } });
    this.#stopwatch = this.#newStopwatch();
    return this.#begin(progress, client, signal);
  }

  #mayStart(): void {
    const { name, state } = this.snapshot;
    if (this.#removed || this.#erased) throw new MvmError('machine.busy', `machine ${name} is being removed`);
    if (this.live)
      throw new MvmError('machine.busy', `machine ${name} is ${state.name} already`, {
        hint: 'mvm ps --all says what became of it.',
      });
  }

  /** Runs a further program; resolves when it runs. */
  exec(id: string, spec: ProcessSpec, client: SessionClient | null): Promise<Session> {
    return this.programs.exec(this.runningAgent(), id, spec, client);
  }

  /** The way to the guest. @throws MvmError `machine.not-running`, `machine.paused` */
  runningAgent(): AgentSession {
    const agent = this.#boot?.agent;
    if (!agent || this.snapshot.state.name !== 'running') throw notRunning(this.snapshot);
    return agent;
  }

  /** Resolves when its own program has ended, at once when none runs, or when who asks has left. */
  async programEnded(left: AbortSignal): Promise<void> {
    if (this.programs.main) await endOrLeft(this.programs.main.ended, left);
  }

  /** Resolves when it is not live any more, at once when it is not now, or when who asks has left. */
  async ended(left: AbortSignal): Promise<void> {
    if (this.#ledger.end) await endOrLeft(this.#ledger.end, left);
  }

  /** The guest's vCPUs stand still; its memory stays. */
  async pause(): Promise<void> {
    const boot = this.#boot;
    if (!boot || this.snapshot.state.name !== 'running') throw notRunning(this.snapshot);
    await boot.pause();
    // Somebody else paused or ended it meanwhile.
    if (this.snapshot.state.name !== 'running') throw notRunning(this.snapshot);
    this.#ledger.apply({ name: 'paused', at: this.#world.clock.now() });
    await this.#ledger.note();
  }

  async resume(): Promise<void> {
    const boot = this.#boot;
    if (!boot || this.snapshot.state.name !== 'paused') throw notPaused(this.snapshot);
    await boot.resume();
    if (this.snapshot.state.name !== 'paused') throw notPaused(this.snapshot);
    this.#ledger.apply({ name: 'resumed', at: this.#world.clock.now() });
    await quietly(boot.agent?.wake(this.#world.clock.now(), randomBytes(64)));
    await this.#ledger.note();
  }

  /** Asks the program to end, then ends it; one that somebody else asked has this long from now on. */
  async stop(graceMs: number = this.#stopGraceMs): Promise<void> {
    if (!this.live) return;
    if (this.snapshot.state.name === 'paused') await this.resume();
    if (this.snapshot.state.name === 'running')
      this.#ledger.apply({ name: 'stop-requested', at: this.#world.clock.now() });
    if (this.snapshot.state.name === 'stopping') await this.#endProgram(graceMs);
    else if (this.live) await this.kill('SIGKILL');
  }

  /** Sends a signal to the program; SIGKILL always ends the machine. */
  async kill(signal: string): Promise<void> {
    if (signal === 'SIGKILL' && this.#starting) return this.#giveUpStart(this.#starting);
    const { main } = this.programs;
    if (!this.live || (!main && signal !== 'SIGKILL')) throw notRunning(this.snapshot);
    // A guest that stands still hears nothing; one that cannot go on is ended below all the same.
    if (this.snapshot.state.name === 'paused') await quietly(this.resume());
    if (signal !== 'SIGKILL') return main?.signal(signal);
    if (main) await quietly(main.signal(signal));
    if (!main || !(await settles(main.ended, KILL_MS))) await this.#endUnheard();
    await this.#closedSoon();
  }

  async rename(name: string): Promise<void> {
    this.#ledger.change({ name });
    await this.#ledger.write();
  }

  /** Resolves when no engine runs for the machine and its folder is in order. */
  closed(): Promise<void> {
    return this.#closing.over();
  }

  /** Closes this service's connections; the guest runs on. */
  release(): void {
    this.#timeLimit.clear();
    this.programs.release();
    this.#boot?.release();
    this.#ports.close();
  }

  /** Finds the running guest again, or settles what became of it. */
  adopt(): Promise<void> {
    return adopt({
      ...this.#parts,
      clock: this.#world.clock,
      closing: this.#closing,
      limitTime: (ms) => this.#limitTime(ms),
      goOnStopping: (since) => this.#goOnStopping(since),
      closeAfter: (main) => this.#closeAfter(main),
      close: () => this.#closing.now(this.#endHow),
      erase: () => this.erase(),
      fail: (error) => this.#failStart(error),
    });
  }

  /** Ends it, and removes its folder and name: from here on nobody starts it. */
  remove(): Promise<void> {
    this.#removed ??= this.#remove().catch((error: unknown) => {
      this.#removed = null;
      throw error;
    });
    return this.#removed;
  }

  async #remove(): Promise<void> {
    if (this.live) await this.kill('SIGKILL');
    await this.#closedSoon();
    await this.erase();
  }

  /** Removes the machine's folder and name, once; only when it is closed. */
  erase(): Promise<void> {
    this.#erased ??= this.#erase().catch((error: unknown) => {
      this.#erased = null;
      throw error;
    });
    return this.#erased;
  }

  async #erase(): Promise<void> {
    await this.#ledger.written();
    await removeFolder(this.#world.paths, this.id);
    this.#world.removed(this.snapshot);
  }

  /** Remembers that nobody watches a session, for the service that may adopt it. */
  markDetached(session: Session): Promise<void> {
    return this.#detached(session);
  }

  async #start(progress: Progress, client: SessionClient | null, signal: AbortSignal): Promise<Session> {
    try {
      const parts = {
        ...this.#parts,
        world: this.#world,
        stopwatch: this.#stopwatch,
        onStarted: () => this.#limitTime(this.snapshot.spec.timeoutMs),
      };
      return await begin(parts, progress, client, signal);
    } catch (error) {
      throw await this.#failStart(error);
    }
  }

  /** What both its start and its adoption have to do with. */
  get #parts() {
    return {
      ledger: this.#ledger,
      ports: this.#ports,
      recording: this.#recording,
      programs: this.programs,
      newBoot: () => this.#newBoot(),
    };
  }

  /** A stop that an earlier service began: the program has had some of its time already. */
  #goOnStopping(since: number): Promise<void> {
    return this.#endProgram(Math.max(0, since + this.#stopGraceMs - this.#world.clock.now()));
  }

  async #endProgram(graceMs: number): Promise<void> {
    const { main } = this.programs;
    if (main) await quietly(main.signal(this.snapshot.spec.stopSignal));
    if (main && (await settles(main.ended, graceMs))) return this.#closedSoon();
    if (this.live) await this.kill('SIGKILL');
  }

  #newBoot(): Boot {
    const boot = new Boot({
      world: this.#world,
      machine: () => this.snapshot,
      onLost: (error) => void (this.#boot === boot && this.#lost(error)),
    });
    this.#boot = boot;
    return boot;
  }

  async #lost(error: unknown): Promise<void> {
    // What its guest still had of a program that ended before is lost with it.
    if (!this.live) return this.programs.fail(toBody(error));
    // A start that is under way meets the same failure and reports it.
    if (this.snapshot.state.name === 'starting') return;
    this.#ledger.tell((error as Error).message);
    await this.#fail(error);
  }

  async #giveUpStart({ giveUp, over }: { giveUp: AbortController; over: Promise<unknown> }): Promise<void> {
    giveUp.abort(new MvmError('machine.killed', `machine ${this.snapshot.name} was ended before its program ran`));
    await over;
    // Its program may have begun in the same moment.
    if (this.live) await this.kill('SIGKILL');
  }

  async #failStart(error: unknown): Promise<unknown> {
    const described = guestSilent(error, this.snapshot, this.console?.lastLines(12) ?? []);
    await this.#fail(described);
    return described;
  }

  async #fail(error: unknown): Promise<void> {
    const body = toBody(error);
    this.programs.fail(body);
    if (this.live) this.#ledger.apply({ name: 'failed', error: body, at: this.#world.clock.now() });
    await this.#closing.now('at once');
  }

  /** Whoever waits for the machine does not wait long for a client that reads no more, nor for a guest that is silent. */
  #closedSoon(): Promise<void> {
    const { main } = this.programs;
    return this.#closing.overSoon(async () => {
      if (!main) return;
      this.#goOnUnread(main);
      if (await settles(main.ended, KILL_MS)) main.leave();
      else main.fail(toBody(notRunning(this.snapshot)));
    });
  }

  /** The guest does not answer: its engine is ended and the program counts as killed. */
  async #endUnheard(): Promise<void> {
    const exit = { code: 137, signal: 'SIGKILL', at: this.#world.clock.now() };
    if (this.live) {
      this.#ledger.apply({ name: 'program-exited', exit });
      this.#rememberExit(exit);
    }
    this.programs.fail(toBody(notRunning(this.snapshot)));
    await this.#closing.now('at once');
  }

  /** Nobody came back for its program: an ephemeral machine ends, a kept one goes on by itself. */
  #abandoned(session: Session): void {
    if (this.snapshot.spec.ephemeral) {
      this.#ledger.tell('its client is gone, so it ends');
      this.#goOnUnread(session);
      if (this.live) void this.#ledger.inBackground(this.kill('SIGKILL'));
    } else {
      this.#record.foreground = false;
      this.#goOnUnread(session);
      void this.#ledger.note();
    }
  }

  /** Nobody is waited for any more; what a later service had kept for a client to come is fetched. */
  #goOnUnread(session: Session): void {
    session.leave();
    if (!session.bound) this.programs.resume(session);
  }

  /** Its client left it running: it ends by itself, or when it is asked to. */
  async #detached(session: Session): Promise<void> {
    if (session.main) this.#record.foreground = false;
    else this.#record.detachedSessions.push(session.id);
    await this.#ledger.note();
  }

  async #programExited(session: Session, exit: ProgramExit): Promise<void> {
    if (!this.live) return;
    // In the same step, for whoever hears of the end may start the machine again at once.
    const closed = this.#closeAfter(session);
    this.#ledger.apply({ name: 'program-exited', exit });
    this.#rememberExit(exit);
    await this.#ledger.inBackground(closed);
  }

  #rememberExit(exit: ProgramExit): void {
    try {
      this.#world.finished(this.#record.history, this.snapshot, exit);
    } catch (error) {
      // A full disk costs the history's line.
      this.#ledger.tell((error as Error).message);
    }
  }

  #closeAfter(session: Session): Promise<void> {
    return this.#closing.after(session, this.#endHow, () => this.#noteIfKept());
  }

  /** Unless whoever stops it says otherwise. */
  get #stopGraceMs(): number {
    return this.snapshot.spec.stopGraceMs ?? STOP_GRACE_MS;
  }

  get #endHow(): EndHow {
    return this.snapshot.spec.ephemeral ? 'at once' : 'in order';
  }

  async #noteIfKept(): Promise<void> {
    if (!this.snapshot.spec.ephemeral) await this.#ledger.note();
  }

  async #tearDown(how: EndHow): Promise<void> {
    this.#timeLimit.clear();
    await this.#boot?.end(how);
    this.#ports.release();
    this.#recording.close();
    this.#boot = this.#record.engine = null;
    this.programs.fail(toBody(notRunning(this.snapshot)));
    this.programs.clear();
    if (this.snapshot.spec.ephemeral) await this.erase();
    else await this.#ledger.note();
  }

  #limitTime(ms: number | null): void {
    this.#timeLimit.arm(ms, (signal) => void quietly(this.programs.main?.signal(signal)));
  }

  /** What is told of its program's end: the same as before when it is told again. */
  #exitCode(code: number): number {
    const { state } = this.snapshot;
    if (state.name === 'stopped') return state.exit.code;
    return this.#timeLimit.expired ? TIMED_OUT : code;
  }

  /** When its program began, Unix ms: now, unless an earlier service began it. */
  #programStarted(): number {
    const { requestedAt, programStarted } = this.snapshot.timeline;
    return programStarted === undefined ? this.#world.clock.now() : requestedAt + programStarted;
  }

  #newStopwatch(): Stopwatch {
    return new Stopwatch(this.#world.clock, this.snapshot.timeline, (timeline) => {
      const isFirstByte = timeline.firstByte !== this.snapshot.timeline.firstByte;
      this.#ledger.change({ timeline });
      // The last point of a start: a later service shall know it too.
      if (isFirstByte && !this.snapshot.spec.ephemeral) void this.#ledger.note();
    });
  }
}
