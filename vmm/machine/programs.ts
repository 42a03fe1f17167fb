/** The programs of one machine, each with its session: its own, and those that `exec` adds. */
import type { ErrorBody, ProcessSpec, ProgramExit } from '../contract/types.ts';
import type { AgentSession } from '../guest/session.ts';
import { guestExec } from './guest-view.ts';
import type { OutputLog } from './output-log.ts';
import { Session, type SessionClient, type StdinState } from './session.ts';
import { Stopwatch } from './stopwatch.ts';
import { quietly } from './waits.ts';
import type { Clock } from './world.ts';

/** What programs need of their machine. */
export interface ProgramsHost {
  /** the machine's id, which is its own program's session as well */
  id: string;
  clock: Clock;
  agent(): AgentSession | null;
  /** where the machine's own program is recorded */
  log(): OutputLog | null;
  /** takes the points of the machine's own program */
  stopwatch(): Stopwatch;
  /** the code that is reported for the own program's */
  exitCode(code: number): number;
  /** whether nobody watched a further program when the service ended */
  wasDetached(session: string): boolean;
  onMainExit(session: Session, exit: ProgramExit): void;
  /** nobody came back for the machine's own program */
  onMainAbandoned(session: Session): void;
  onLogLost(error: Error): void;
}

export class Programs {
  readonly #host: ProgramsHost;
  readonly sessions = new Map<string, Session>();

  constructor(host: ProgramsHost) {
    this.#host = host;
  }

  get main(): Session | undefined {
    return this.sessions.get(this.#host.id);
  }

  newMain(foreground: boolean): Session {
    const session = this.#new(this.#host.id, foreground);
    void session.ended.then((end) => ('exit' in end ? this.#host.onMainExit(session, end.exit) : undefined));
    return session;
  }

  /** Runs a further program; resolves when it runs. */
  async exec(agent: AgentSession, id: string, spec: ProcessSpec, client: SessionClient | null): Promise<Session> {
    const session = this.#new(id, client !== null);
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

  /** Goes on with what a guest runs that an earlier service started. */
  adopt(agent: AgentSession, mainForeground: boolean): void {
    for (const { id } of agent.guest.processes) {
      const main = id === this.#host.id;
      const session = main ? this.newMain(mainForeground) : this.#new(id, !this.#host.wasDetached(id));
      if (!main) void this.#forgetWhenSettled(session);
      // With a client to come, the guest's output waits for its word on how far it got.
      if (session.foreground) session.awaitClient();
      else this.resume(session);
    }
  }

  /** A client came back to a session: the guest sends again what it has not consumed. Answers where stdin goes on. */
  reattach(session: Session, client: SessionClient, from: { stdout: number; stderr: number }): StdinState {
    session.attach(client, { 2: from.stdout, 3: from.stderr });
    this.resume(session);
    return session.openStdin();
  }

  resume(session: Session): void {
    const agent = this.#host.agent();
    if (agent) session.bind(agent.adopt(session.id, session.resumeFrom, session.sink));
  }

  fail(error: ErrorBody): void {
    for (const session of this.sessions.values()) session.fail(error);
  }

  clear(): void {
    this.sessions.clear();
  }

  #new(id: string, foreground: boolean): Session {
    const host = this.#host;
    const main = id === host.id;
    const session = new Session({
      id,
      main,
      foreground,
      log: main ? host.log() : null,
      now: () => host.clock.now(),
      stopwatch: main ? host.stopwatch() : new Stopwatch(host.clock),
      exitCode: (code) => (main ? host.exitCode(code) : code),
      onAbandoned: (abandoned) => (main ? host.onMainAbandoned(abandoned) : this.#abandonFurther(abandoned)),
      onLogLost: (error) => host.onLogLost(error),
    });
    this.sessions.set(id, session);
    return session;
  }

  #abandonFurther(session: Session): void {
    session.leave();
    void quietly(session.signal('SIGKILL'));
  }

  async #forgetWhenSettled(session: Session): Promise<void> {
    await session.settled;
    await quietly(session.reap());
    // A machine that started again may have another one of this id.
    if (this.sessions.get(session.id) === session) this.sessions.delete(session.id);
  }
}
