/**
 * The terminals that windows show. They live in the service: a window that is loaded again finds them, and those of
 * guests outlive the service too, for what they show is a session of the machine. They are looked at as an attached
 * client looks at a session, without a process between. A shell of this host needs a pseudo terminal of its own, and
 * ends with the service.
 */
import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { MvmError } from '../../contract/errors.ts';
import { printable } from '../../contract/printable.ts';
import type { OpenTerminal, Terminal, TerminalEnd } from '../../contract/types.ts';
import type { GuestMachine } from '../machine.ts';
import type { Machines } from '../machines.ts';
import type { Session, SessionEnd } from '../session.ts';
import { quietly } from '../waits.ts';
import type { Look } from './look.ts';
import { Remains } from './remains.ts';
import { Shell } from './shell.ts';
import { putMvmOnPath, type ShellPlace, shellEnvironment, shellProgram } from './shell-environment.ts';
import { readTerminals, writeTerminals } from './terminals-file.ts';

export interface TerminalsWorld {
  machines: Machines;
  shells: ShellPlace;
  cwd: string;
  /** where those that are open are written down */
  file: string;
  now(): number;
  changed(terminal: Terminal): void;
  removed(id: string): void;
  /** what would be lost with the service keeps it; whoever began it lets go */
  hold(what: string): () => void;
  log(line: string): void;
}

const MOST = 100;
/** How long a program may take to heed the hang-up before it is killed, ms. */
const HANG_UP_MS = 2_000;
/** The best shell that a guest has. */
const GUEST_SHELL = ['sh', '-c', 'command -v bash > /dev/null && exec bash; exec sh'];

interface Entry {
  terminal: Terminal;
  look(): Look;
  /** ends what was started for it */
  hangUp(): Promise<void>;
}

export class Terminals {
  readonly #world: TerminalsWorld;
  readonly #entries = new Map<string, Entry>();
  #released = false;

  constructor(world: TerminalsWorld) {
    this.#world = world;
  }

  /** The oldest first. */
  list(): Terminal[] {
    return [...this.#entries.values()].map(({ terminal }) => terminal);
  }

  find(id: string): { terminal: Terminal; look: Look } {
    const { terminal, look } = this.#entry(id);
    return { terminal, look: look() };
  }

  async open(request: OpenTerminal): Promise<Terminal> {
    this.#forgetEnded();
    if (this.#entries.size >= MOST)
      throw new MvmError('terminal.too-many', `${MOST} terminals are open`, { hint: 'Close one of them.' });
    switch (request.kind) {
      case 'attach':
        return this.#openAttach(request);
      case 'exec':
        return this.#openExec(request);
      case 'shell':
        return this.#openShell(request);
      default:
        return request satisfies never;
    }
  }

  async close(id: string): Promise<Terminal> {
    const { terminal, hangUp } = this.#entry(id);
    this.#entries.delete(id);
    this.#save();
    this.#world.removed(id);
    if (!terminal.ended) await hangUp();
    return terminal;
  }

  /** As it was asked for last. */
  resized(id: string, size: Terminal['size']): void {
    const entry = this.#entries.get(id);
    if (entry) entry.terminal = { ...entry.terminal, size };
  }

  /** Those of an earlier service: guests' programs run on, shells do not. */
  restore(): void {
    for (const terminal of readTerminals(this.#world.file, this.#world.log)) {
      const found = terminal.session === null ? null : this.#world.machines.withSession(terminal.session);
      if (found) this.#add(terminal, found.machine, found.session);
      else this.#addEnded(terminal, terminal.kind === 'shell' ? SHELL_LOST : SESSION_LOST);
    }
    this.#save();
  }

  /** The service ends in order: shells are hung up on, and are known to have been. */
  release(): void {
    this.#released = true;
    for (const { terminal, hangUp } of this.#entries.values())
      if (terminal.kind === 'shell' && !terminal.ended) void hangUp();
  }

  /** One program has one terminal, however often it is asked for. */
  #openAttach({ session: reference, size }: OpenTerminal & { kind: 'attach' }): Terminal {
    const { machine, session } = this.#world.machines.findSession(reference);
    const known = this.list().find((terminal) => terminal.session === session.id && !terminal.ended);
    if (known) return known;
    const title = session.main ? machine.snapshot.name : titleOf(session.facts.argv);
    return this.#opened(this.#add(this.#new('attach', title, size, machine, session), machine, session));
  }

  async #openExec({ machine: reference, command, size }: OpenTerminal & { kind: 'exec' }): Promise<Terminal> {
    const { machines } = this.#world;
    const machine = machines.find(reference);
    const argv = command.length > 0 ? command : GUEST_SHELL;
    const program = { command: argv, env: [], cwd: null, user: null };
    const session = await machines.exec(
      reference,
      { ...program, id: null, tty: true, stdin: true, size, detach: true },
      null,
    );
    const title = command.length > 0 ? titleOf(command) : machine.snapshot.name;
    return this.#opened(this.#add(this.#new('exec', title, size, machine, session), machine, session));
  }

  #openShell({ size }: OpenTerminal & { kind: 'shell' }): Terminal {
    const { shells, cwd, now, hold } = this.#world;
    const file = shellProgram(shells.env);
    putMvmOnPath(shells);
    const shell = Shell.start({ argv: [file], env: shellEnvironment(shells), cwd, size, now });
    const letGo = hold('running a shell');
    const terminal = this.#new('shell', basename(file), size, null, null);
    this.#entries.set(terminal.id, { terminal, look: () => shell, hangUp: () => shell.hangUp() });
    void shell.ended.then((exit) => {
      letGo();
      this.#end(terminal.id, { code: exit.code, reason: null });
    });
    return this.#opened(terminal);
  }

  #new(
    kind: Terminal['kind'],
    title: string,
    size: Terminal['size'],
    machine: GuestMachine | null,
    session: Session | null,
  ): Terminal {
    return {
      id: randomBytes(16).toString('hex'),
      kind,
      title: printable(title),
      machine: machine?.id ?? null,
      session: session?.id ?? null,
      size,
      opened: this.#world.now(),
      ended: null,
    };
  }

  #opened(terminal: Terminal): Terminal {
    this.#save();
    this.#world.changed(terminal);
    return terminal;
  }

  /** One that shows a guest's program. */
  #add(terminal: Terminal, machine: GuestMachine, session: Session): Terminal {
    const look: Look = {
      program: session,
      stdin: session.facts.stdin,
      watch: (client, from) => machine.programs.watch(session, client, from),
    };
    const hangUp = async () => {
      if (terminal.kind === 'exec') await hangUpOn(session);
    };
    this.#entries.set(terminal.id, { terminal, look: () => look, hangUp });
    void session.ended.then((end) => this.#sessionEnded(terminal.id, session, end));
    return terminal;
  }

  #addEnded(terminal: Terminal, reason: string): void {
    const ended = { code: null, reason };
    const remains = new Remains(null, { error: { code: 'terminal.lost', message: reason } });
    this.#entries.set(terminal.id, {
      terminal: { ...terminal, ended },
      look: () => remains,
      hangUp: async () => undefined,
    });
  }

  /** In the moment in which it ends: what was kept of its output goes with its session. */
  #sessionEnded(id: string, session: Session, end: SessionEnd): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    const timeline = session.stopwatch.timeline;
    const remains = new Remains(session.scrollback, 'exit' in end ? { ...end, timeline } : end);
    entry.look = () => remains;
    this.#end(id, 'exit' in end ? { code: end.exit.code, reason: null } : { code: null, reason: end.error.message });
  }

  #end(id: string, ended: TerminalEnd): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    entry.terminal = { ...entry.terminal, ended };
    this.#save();
    this.#world.changed(entry.terminal);
  }

  /** The oldest of those that nobody closed go first when there are many. */
  #forgetEnded(): void {
    for (const { id, ended } of this.list()) {
      if (this.#entries.size < MOST) return;
      if (ended === null) continue;
      this.#entries.delete(id);
      this.#world.removed(id);
    }
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry) return entry;
    throw new MvmError('terminal.not-found', `there is no terminal ${id}`, { hint: 'It was closed.' });
  }

  /** Where there is no room for it, a later service does not know them. */
  #save(): void {
    if (this.#released) return;
    try {
      writeTerminals(
        this.#world.file,
        this.list().filter(({ ended }) => ended === null),
      );
    } catch (error) {
      this.#world.log(`terminals are not recorded: ${(error as Error).message}`);
    }
  }
}

const SHELL_LOST = 'it ended with the service';
const SESSION_LOST = 'its program ended while no service ran';

const titleOf = (argv: string[]): string => [basename(argv[0] ?? ''), ...argv.slice(1)].join(' ').slice(0, 200);

/** As a terminal that is closed does; who ignores it is killed. */
async function hangUpOn(session: Session): Promise<void> {
  await quietly(session.signal('SIGHUP'));
  const last = setTimeout(() => void quietly(session.signal('SIGKILL')), HANG_UP_MS);
  await session.ended;
  clearTimeout(last);
}
