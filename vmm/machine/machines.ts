/** All machines of a home: made, found by name or id, adopted after a restart, removed. */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { MvmError } from '../contract/errors.ts';
import { nearest } from '../contract/nearest.ts';
import type { CopyRequest } from '../contract/stream.ts';
import type {
  ExecRequest,
  HistoryEntry,
  Machine,
  NewHistoryEntry,
  RunRequest,
  TerminalSize,
} from '../contract/types.ts';
import { newHistoryEntry } from './history.ts';
import { GuestMachine } from './machine.ts';
import { isValidName, makeName } from './names.ts';
import { type MachineRecord, readRecords, removeFolder } from './record.ts';
import type { Session, SessionClient } from './session.ts';
import { specify, specifyCopy, specifyExec } from './spec.ts';
import type { MachineWorld, Progress } from './world.ts';

export interface MachinesWorld extends MachineWorld {
  /** a machine was made */
  created(machine: Machine): void;
  /** a run begins now */
  begun(run: NewHistoryEntry): HistoryEntry;
}

/** What only the guest's kernel can tell of a request. */
const REFUSED_BY_GUEST = new Set(['run.sysctl', 'exec.limit']);

export class Machines {
  readonly #world: MachinesWorld;
  readonly #machines = new Map<string, GuestMachine>();

  constructor(world: MachinesWorld) {
    this.#world = { ...world, removed: (machine) => this.#forget(machine) };
    this.#onRemoved = world.removed;
  }
  readonly #onRemoved: (machine: Machine) => void;

  /** Without what ends with its program, once that has ended: the engine and the folder are just going. */
  list(): Machine[] {
    const all = [...this.#machines.values()].map((machine) => machine.snapshot);
    return all.filter((machine) => !isGoing(machine)).sort((a, b) => b.created - a.created);
  }

  /** Those with an engine, newest first. */
  running(): GuestMachine[] {
    const live = [...this.#machines.values()].filter((machine) => machine.engineProcess !== null);
    return live.sort((a, b) => b.snapshot.created - a.snapshot.created);
  }

  get live(): number {
    return [...this.#machines.values()].filter((machine) => machine.live).length;
  }

  /** One is live, or its end is not over. */
  get busy(): boolean {
    return this.live > 0 || this.running().length > 0;
  }

  /** Resolves when the end is over of all whose program has ended by now. */
  async closed(): Promise<void> {
    await Promise.allSettled([...this.#machines.values()].map((machine) => machine.closed()));
  }

  /** Reads what an earlier service left: running guests are adopted, the rest is put in order. */
  async adoptAll(): Promise<void> {
    await mkdir(this.#world.paths.machines, { recursive: true, mode: 0o700 });
    const { records, unfinished, damaged } = await readRecords(this.#world.paths);
    for (const id of unfinished) await removeFolder(this.#world.paths, id);
    for (const { id, reason } of damaged)
      this.#world.log(`machine ${id}: its record cannot be read, so it is left alone on disk: ${reason}`);
    for (const record of records) this.#machines.set(record.machine.id, new GuestMachine(this.#world, record));
    await Promise.all([...this.#machines.values()].map((machine) => this.#adopt(machine)));
  }

  /** Makes and starts a machine; resolves when its program runs, without a session when nobody watches one that ended. */
  async run(
    request: RunRequest,
    progress: Progress,
    client: SessionClient | null,
    signal?: AbortSignal,
  ): Promise<{ machine: GuestMachine; session: Session | null }> {
    const known = request.id === null ? undefined : this.#machines.get(request.id);
    if (known) return { machine: known, session: await this.#goOnWith(known, progress, client, signal) };
    const machine = await this.#make(request, progress);
    return { machine, session: await this.#startOrUndo(machine, progress, client, signal) };
  }

  /** When its client leaves before the program runs, the start is undone and the name is free: nobody else starts it. */
  async #startOrUndo(
    machine: GuestMachine,
    progress: Progress,
    client: SessionClient | null,
    signal?: AbortSignal,
  ): Promise<Session> {
    let undone: Promise<void> | null = null;
    const undo = (): void => {
      undone = machine
        .remove()
        .catch((error: Error) => this.#world.log(`machine ${machine.snapshot.name}: ${error.message}`));
    };
    signal?.addEventListener('abort', undo);
    try {
      return await machine.start(progress, client, signal);
    } catch (error) {
      await undone;
      // It is as if it had been refused before: such a machine can never run.
      if (REFUSED_BY_GUEST.has((error as MvmError).code)) await machine.remove();
      throw error;
    } finally {
      signal?.removeEventListener('abort', undo);
    }
  }

  /** The request was made before: the service died before it could answer, and perhaps before the program ran. */
  async #goOnWith(
    machine: GuestMachine,
    progress: Progress,
    client: SessionClient | null,
    signal?: AbortSignal,
  ): Promise<Session | null> {
    const { main } = machine.programs;
    // Once is what was asked for.
    if (!main && !client && !machine.live && machine.snapshot.timeline.programStarted !== undefined) return null;
    if (!main && !machine.live) return machine.startAgain({ progress, client, signal });
    if (!main) throw busy(machine.snapshot);
    if (client) machine.programs.reattach(main, client, { stdout: 0, stderr: 0 });
    return main;
  }

  async exec(reference: string, request: ExecRequest, client: SessionClient | null): Promise<Session> {
    if (request.command.length === 0) throw new MvmError('run.no-command', 'exec needs a program to run');
    const machine = this.find(reference);
    const known = request.id === null ? undefined : machine.programs.sessions.get(request.id);
    if (known && request.detach) return known;
    const spec = specifyExec(request, machine.snapshot.spec);
    const session = await machine.exec(request.id ?? newId(), spec, client);
    if (request.detach) await machine.markDetached(session);
    return session;
  }

  copy(reference: string, copy: CopyRequest, client: SessionClient): Promise<Session> {
    return this.find(reference).exec(copy.request.id ?? newId(), specifyCopy(copy), client);
  }

  /** By name, id, or the start of one id. */
  find(reference: string): GuestMachine {
    const all = [...this.#machines.values()];
    const exact = all.find((machine) => machine.snapshot.name === reference || machine.id === reference);
    if (exact) return exact;
    const byPrefix = reference === '' ? [] : all.filter((machine) => machine.id.startsWith(reference));
    if (byPrefix.length > 1)
      throw new MvmError('machine.ambiguous', `'${reference}' fits ${byPrefix.length} machines`, {
        hint: 'Give more digits of the id, or the name.',
      });
    const only = byPrefix[0];
    if (only) return only;
    throw this.#notFound(reference);
  }

  /** By a machine's name or id: its own program's; else by a session's id, or the start of one. */
  findSession(reference: string): { machine: GuestMachine; session: Session } {
    const machine = [...this.#machines.values()].find(({ snapshot }) => snapshot.name === reference);
    const all = this.sessions(machine);
    const fitting = machine
      ? all.filter(({ session }) => session.main)
      : all.filter(({ session }) => reference !== '' && session.id.startsWith(reference));
    if (fitting.length > 1)
      throw new MvmError('session.ambiguous', `'${reference}' fits ${fitting.length} sessions`, {
        hint: 'Give more digits of the id: mvm sessions lists them.',
      });
    return fitting[0] ?? this.#noSession(reference);
  }

  /** Of one machine, or of all: the latest first. */
  sessions(of?: GuestMachine): { machine: GuestMachine; session: Session }[] {
    const machines = of ? [of] : [...this.#machines.values()];
    const all = machines.flatMap((machine) =>
      // A copy is no program that anybody would watch.
      [...machine.programs.sessions.values()].flatMap((session) =>
        session.facts.builtin ? [] : [{ machine, session }],
      ),
    );
    return all.sort((a, b) => b.session.facts.started - a.session.facts.started);
  }

  /** The machine whose program, or further program, has this session. */
  withSession(id: string): { machine: GuestMachine; session: Session } | null {
    for (const machine of this.#machines.values()) {
      const session = machine.programs.sessions.get(id);
      if (session) return { machine, session };
    }
    return null;
  }

  /** Starts a kept machine that does not run; one that runs stays as it is. */
  async start(reference: string): Promise<Machine> {
    const machine = this.find(reference);
    if (!machine.live) await this.#kept(machine).startAgain();
    return machine.snapshot;
  }

  /** The same for a client that has its program from the first byte on. @throws MvmError `machine.busy` if it runs */
  startAttached(
    reference: string,
    size: TerminalSize | null,
    progress: Progress,
    client: SessionClient,
    signal: AbortSignal,
  ): Promise<Session> {
    return this.#kept(this.find(reference)).startAgain({ progress, client, signal, size });
  }

  async restart(reference: string, graceMs?: number): Promise<Machine> {
    const machine = this.#kept(this.find(reference));
    await machine.stop(graceMs);
    await machine.startAgain();
    return machine.snapshot;
  }

  async rename(reference: string, name: string): Promise<Machine> {
    const machine = this.find(reference);
    if (machine.snapshot.name !== name) await machine.rename(this.#nameFor(name));
    return machine.snapshot;
  }

  async remove(reference: string, force: boolean): Promise<Machine> {
    const machine = this.find(reference);
    if (machine.live && !force)
      throw new MvmError('machine.running', `machine ${machine.snapshot.name} is ${machine.snapshot.state.name}`, {
        hint: `Stop it first, or: mvm rm --force ${reference}`,
      });
    await machine.remove();
    return machine.snapshot;
  }

  /** Closes the service's connections; the guests run on. */
  releaseAll(): void {
    for (const machine of this.#machines.values()) machine.release();
  }

  #kept(machine: GuestMachine): GuestMachine {
    if (!machine.snapshot.spec.ephemeral) return machine;
    throw new MvmError(
      'machine.ephemeral',
      `machine ${machine.snapshot.name} ends with its program and does not start again`,
      {
        hint: 'Machines started with -d or --name are kept.',
      },
    );
  }

  async #make(request: RunRequest, progress: Progress): Promise<GuestMachine> {
    const requestedAt = this.#world.clock.now();
    const name = this.#nameFor(request.name);
    const image = await this.#world.images.resolve(request.image, progress);
    const id = request.id ?? newId();
    const spec = specify(request, image, id, this.#world.defaults());
    const machine: Machine = {
      id,
      name: this.#nameFor(name),
      spec,
      state: { name: 'created' },
      created: requestedAt,
      revision: 0,
      timeline: { requestedAt },
      ports: [],
    };
    const { id: history } = this.#world.begun(newHistoryEntry(request, machine));
    // Before the machine is known: when the catalog takes no more, nothing is left behind.
    this.#world.created(machine);
    const record: MachineRecord = {
      version: 1,
      machine: this.#world.publish(machine),
      engine: null,
      forwards: [],
      foreground: !request.detach,
      detachedSessions: [],
      logFrom: null,
      history,
    };
    const made = new GuestMachine(this.#world, record);
    this.#machines.set(id, made);
    return made;
  }

  async #adopt(machine: GuestMachine): Promise<void> {
    try {
      await machine.adopt();
    } catch (error) {
      this.#world.log(`machine ${machine.snapshot.name}: it cannot be adopted: ${(error as Error).message}`);
    }
  }

  #forget(machine: Machine): void {
    this.#machines.delete(machine.id);
    this.#onRemoved(machine);
  }

  #nameFor(asked: string | null): string {
    const taken = (name: string) => this.list().some((machine) => machine.name === name);
    if (asked === null) return makeName(taken);
    if (!isValidName(asked))
      throw new MvmError('machine.name', `'${asked}' cannot be a machine's name`, {
        hint: 'Letters, digits, dots, dashes and underscores; a letter or digit first.',
      });
    if (taken(asked))
      throw new MvmError('machine.name-taken', `a machine named ${asked} exists already`, {
        hint: `Choose another name, or: mvm rm ${asked}`,
      });
    return asked;
  }

  /** A machine that does not run says so itself. */
  #noSession(reference: string): never {
    const fits = ({ id, snapshot }: GuestMachine) => snapshot.name === reference || id.startsWith(reference);
    if (reference !== '' && [...this.#machines.values()].some(fits)) this.find(reference).runningAgent();
    const meant = nearest(
      reference,
      this.list().map(({ name }) => name),
    );
    throw new MvmError('session.not-found', `there is no machine or session '${reference}'`, {
      hint: `${meant ? `Did you mean '${meant}'? ` : ''}mvm sessions lists what runs.`,
    });
  }

  #notFound(reference: string): MvmError {
    const meant = nearest(
      reference,
      this.list().map((machine) => machine.name),
    );
    return new MvmError('machine.not-found', `there is no machine '${reference}'`, {
      hint: meant ? `Did you mean '${meant}'? mvm ps --all lists all machines.` : 'mvm ps --all lists all machines.',
    });
  }
}

const isGoing = ({ spec, state }: Machine): boolean =>
  spec.ephemeral && (state.name === 'stopped' || state.name === 'failed');

const busy = ({ name, state }: Machine): MvmError =>
  new MvmError('machine.busy', `machine ${name} is ${state.name}`, { hint: 'mvm ps --all says when it is done.' });

const newId = (): string => randomBytes(16).toString('hex');
