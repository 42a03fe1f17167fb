/** The programs of one machine, each with its session: its own, and those that `exec` adds. */
import type { ErrorBody, ProcessSpec, ProgramExit } from '../contract/types.ts';
import type { GuestProcessState } from '../guest/messages.ts';
import type { AgentSession } from '../guest/session.ts';
import { guestExec } from './guest-view.ts';
import type { OutputLog } from './output-log.ts';
import type { Positions } from './scrollback.ts';
import { Session, type SessionClient } from './session.ts';
import type { SessionFacts, SessionFiles } from './session-files.ts';
import type { StdinState } from './shared-stdin.ts';
import { Stopwatch } from './stopwatch.ts';
import { quietly } from './waits.ts';
import type { Clock } from './world.ts';

/** What programs need of their machine. */
export interface ProgramsHost {
  /** the machine's id, which is its own program's session as well */
  id: string;
  clock: Clock;
  /** how long a client that went away has to come back, ms */
  clientGraceMs(): number;
  files: SessionFiles;
  agent(): AgentSession | null;
  /** what the machine's own program is, and when it began */
  mainFacts(): SessionFacts;
  /** where the machine's own program is recorded */
  log(): OutputLog | null;
  /** begins to record it */
  openLog(): OutputLog;
  /** takes the points of the machine's own program */
  stopwatch(): Stopwatch;
  /** the code that is reported for the own program's */
  exitCode(code: number): number;
  /** whether nobody watched a further program when the service ended */
  wasDetached(session: string): boolean;
  onMainExit(session: Session, exit: ProgramExit): void;
  /** nobody came back for the machine's own program */
  onMainAbandoned(session: Session): void;
  /** a program's client left it running: resolves when that is on disk */
  onDetached(session: Session): Promise<void>;
  onLogLost(error: Error): void;
  tell(what: string): void;
}

export class Programs {
  readonly #host: ProgramsHost;
  /** of further programs with a terminal, and those that somebody else watches */
  readonly #logs = new Map<string, OutputLog>();
  #released = false;
  readonly sessions = new Map<string, Session>();

  constructor(host: ProgramsHost) {
    this.#host = host;
  }

  get main(): Session | undefined {
    return this.sessions.get(this.#host.id);
  }

  newMain(foreground: boolean): Session {
    const session = this.#new(this.#host.id, foreground, this.#host.mainFacts(), this.#host.log());
    void session.ended.then((end) => ('exit' in end ? this.#host.onMainExit(session, end.exit) : undefined));
    return session;
  }

  /** Runs a further program; resolves when it runs. */
  async exec(agent: AgentSession, id: string, spec: ProcessSpec, client: SessionClient | null): Promise<Session> {
    const facts = { ...spec, started: this.#host.clock.now() };
    const session = this.#new(id, client !== null, facts, null);
    if (spec.tty) session.record();
    if (client) session.attach(client, { 2: 0, 3: 0 });
    try {
      session.bind(await agent.exec(guestExec(id, spec, false), session.sink));
      session.stopwatch.mark('programStarted');
    } catch (error) {
      this.#forget(session);
      throw error;
    }
    this.#note(session);
    void this.#forgetWhenSettled(session);
    return session;
  }

  /** Goes on with what a guest runs that an earlier service started. */
  adopt(agent: AgentSession, mainForeground: boolean): void {
    for (const state of agent.guest.processes) {
      const kept = this.#host.files.read(state.id);
      const session = state.id === this.#host.id ? this.newMain(mainForeground) : this.#adoptFurther(state, kept);
      const watched = kept?.watched ?? false;
      session.adopted({ 2: state.stdout.acked, 3: state.stderr.acked }, session.foreground || watched);
      // Its first byte came to an earlier service, which noted when, or could not.
      if (state.stdout.produced + state.stderr.produced > 0) session.stopwatch.forgo('firstByte');
      // With a client to come, the guest's output waits for its word on how far it got.
      if (session.foreground) session.awaitClient();
      else if (watched) session.awaitWatcher(() => this.resume(session));
      else this.resume(session);
    }
  }

  /** A client came back to a session: the guest sends again what it has not consumed. Answers where stdin goes on. */
  reattach(session: Session, client: SessionClient, from: { stdout: number; stderr: number }): StdinState {
    session.attach(client, { 2: from.stdout, 3: from.stderr });
    this.resume(session);
    return session.openStdin(client);
  }

  /** Somebody else begins to watch; answers from where. */
  watch(session: Session, client: SessionClient, from: Positions | { tail: number }): Positions {
    if (session.record() || !session.bound) this.resume(session);
    return session.watch(client, from);
  }

  resume(session: Session): void {
    const agent = this.#host.agent();
    // A machine that started again has another program of this id.
    if (agent && this.sessions.get(session.id) === session)
      session.bind(agent.adopt(session.id, session.resumeFrom, session.sink));
  }

  fail(error: ErrorBody): void {
    for (const session of this.sessions.values()) session.fail(error);
  }

  /** From now on what happens to clients is not the sessions' doing: the service ends. */
  release(): void {
    this.#released = true;
  }

  clear(): void {
    for (const session of [...this.sessions.values()]) this.#forget(session);
    this.#host.files.removeAll();
  }

  #adoptFurther({ id, tty, stdin }: GuestProcessState, kept: SessionFacts | null): Session {
    const facts = kept ?? { argv: [], tty, stdin: stdin !== null, started: this.#host.clock.now() };
    const session = this.#new(id, !this.#host.wasDetached(id), facts, null);
    if (this.#host.files.hasLog(id)) session.record();
    void this.#forgetWhenSettled(session);
    return session;
  }

  #new(id: string, foreground: boolean, facts: SessionFacts, log: OutputLog | null): Session {
    const host = this.#host;
    const main = id === host.id;
    const session = new Session({
      id,
      facts,
      main,
      foreground,
      log,
      openLog: () => (main ? host.openLog() : this.#openLog(id)),
      now: () => host.clock.now(),
      clientGraceMs: () => host.clientGraceMs(),
      stopwatch: main ? host.stopwatch() : new Stopwatch(host.clock),
      exitCode: (code) => (main ? host.exitCode(code) : code),
      onAbandoned: (abandoned) => (main ? host.onMainAbandoned(abandoned) : this.#abandonFurther(abandoned)),
      onDetached: (detached) => this.#detached(detached),
      onWatched: (watched) => this.#note(watched),
      onLogLost: (error) => host.onLogLost(error),
    });
    this.sessions.set(id, session);
    return session;
  }

  #openLog(id: string): OutputLog {
    const log = this.#host.files.openLog(id);
    this.#logs.set(id, log);
    return log;
  }

  #detached(session: Session): Promise<void> {
    if (session.record()) this.resume(session);
    return this.#host.onDetached(session);
  }

  #abandonFurther(session: Session): void {
    session.leave();
    void quietly(session.signal('SIGKILL'));
  }

  /** Where there is no room for it, a later service knows less; the program goes on. */
  #note(session: Session): void {
    if (this.#released || this.sessions.get(session.id) !== session) return;
    try {
      this.#host.files.write(session.id, session.facts, session.watched);
    } catch (error) {
      this.#host.tell(`session ${session.id} is not recorded: ${(error as Error).message}`);
    }
  }

  async #forgetWhenSettled(session: Session): Promise<void> {
    await session.settled;
    await quietly(session.reap());
    this.#forget(session);
  }

  #forget(session: Session): void {
    // A machine that started again may have another one of this id.
    if (this.sessions.get(session.id) !== session) return;
    this.sessions.delete(session.id);
    this.#logs.get(session.id)?.close();
    this.#logs.delete(session.id);
    this.#host.files.remove(session.id);
  }
}
