/** The streams of the contract: programs, their logs, the console, events. */
import type { WebSocket } from 'ws';
import type { ImageLibrary } from '../../images/library.ts';
import { MvmError } from '../contract/errors.ts';
import { type Attached, type ClientControl, type CopyRequest, STDERR, STDIN, STDOUT } from '../contract/stream.ts';
import type { TerminalSize } from '../contract/types.ts';
import type { GuestMachine } from '../machine/machine.ts';
import type { Machines } from '../machine/machines.ts';
import type { Session, SessionClient } from '../machine/session.ts';
import type { Look } from '../machine/terminals/look.ts';
import type { Terminals } from '../machine/terminals/terminals.ts';
import type { Progress } from '../machine/world.ts';
import type { HomePaths } from '../paths.ts';
import type { Events } from './events.ts';
import type { IdleWatch } from './idle.ts';
import { ClientStream, relay, sessionClient } from './program-stream.ts';
import { sendConsole, sendLog } from './recordings.ts';
import { clientLeft } from './refusals.ts';
import type { StreamHandlers } from './server.ts';

export interface StreamWorld {
  paths: HomePaths;
  machines: Machines;
  images: ImageLibrary;
  terminals: Terminals;
  events: Events;
  idle: IdleWatch;
  snapshot(): Parameters<Events['subscribe']>[0];
}

export function streamHandlers(world: StreamWorld): StreamHandlers {
  return {
    run: (socket) => run(world, socket),
    startAttached: (socket, { machine }) => start(world, socket, machine),
    exec: (socket, { machine }) => exec(world, socket, machine),
    copyOut: (socket, { machine }) => copy(world, socket, machine, 'copy-out'),
    copyIn: (socket, { machine }) => copy(world, socket, machine, 'copy-in'),
    attach: (socket, { session }) => attach(world, socket, session),
    terminal: (socket, { terminal }) => lookAt(world, socket, terminal),
    session: (socket, { session }) => goOn(world, socket, session),
    logs: (socket, input) => sendLog(world.machines.find(input.machine), world.paths, socket, input),
    console: (socket, input) => sendConsole(world.machines.find(input.machine), world.paths, socket, input),
    importImage: (socket, { path, reference }) => importImage(world, socket, path, reference ?? null),
    events: (socket) => events(world, socket),
  };
}

async function run({ machines }: StreamWorld, socket: WebSocket): Promise<void> {
  const stream = new ClientStream(socket);
  const first = await stream.first();
  if (first.type !== 'run') throw new MvmError('request.invalid', "this stream begins with 'run'");
  const { request } = first;
  const client = request.detach ? null : sessionClient(stream);
  const { machine, session } = await untilItLeaves(stream, (left) =>
    machines.run(request, progressTo(stream), client, left),
  );
  await follow(stream, machine, session, client);
}

async function start({ machines }: StreamWorld, socket: WebSocket, reference: string): Promise<void> {
  const stream = new ClientStream(socket);
  const first = await stream.first();
  if (first.type !== 'start') throw new MvmError('request.invalid', "this stream begins with 'start'");
  const machine = machines.find(reference);
  const client = sessionClient(stream);
  const session = await untilItLeaves(stream, (left) =>
    machines.startAttached(reference, first.size, progressTo(stream), client, left),
  );
  await follow(stream, machine, session, client);
}

/** What its client does not wait for any more is given up. */
async function untilItLeaves<T>(stream: ClientStream, work: (left: AbortSignal) => Promise<T>): Promise<T> {
  const leaving = new AbortController();
  let done = false;
  void stream.closed.then(() => done || leaving.abort(clientLeft()));
  const result = await work(leaving.signal);
  done = true;
  return result;
}

async function exec({ machines }: StreamWorld, socket: WebSocket, reference: string): Promise<void> {
  const stream = new ClientStream(socket);
  const first = await stream.first();
  if (first.type !== 'exec') throw new MvmError('request.invalid', "this stream begins with 'exec'");
  const machine = machines.find(reference);
  const client = first.request.detach ? null : sessionClient(stream);
  const session = await machines.exec(reference, first.request, client);
  await follow(stream, machine, session, client);
}

async function copy(
  { machines }: StreamWorld,
  socket: WebSocket,
  reference: string,
  way: CopyRequest['type'],
): Promise<void> {
  const stream = new ClientStream(socket);
  const first = await stream.first();
  if (first.type !== way) throw new MvmError('request.invalid', `this stream begins with '${way}'`);
  const machine = machines.find(reference);
  const client = sessionClient(stream);
  await follow(stream, machine, await machines.copy(reference, first as CopyRequest, client), client);
}

const progressTo =
  (stream: ClientStream): Progress =>
  (step, done, total) =>
    stream.control({
      type: 'progress',
      step,
      ...(done !== undefined && { done }),
      ...(total !== undefined && { total }),
    });

/** From the program's start on; without a client the stream has done its work. */
async function follow(
  stream: ClientStream,
  machine: GuestMachine,
  session: Session | null,
  client: SessionClient | null,
): Promise<void> {
  const { id, snapshot } = machine;
  stream.announce({ type: 'started', machine: id, name: snapshot.name, session: session?.id ?? id });
  if (!client || !session) return stream.close();
  stream.control({ type: 'credit', channel: STDIN, bytes: session.openStdin(client).credit });
  await relay(stream, session, client, { endsStdin: true });
}

async function attach({ machines }: StreamWorld, socket: WebSocket, reference: string): Promise<void> {
  const stream = new ClientStream(socket);
  const first = await firstAttach(stream);
  const { machine, session } = machines.findSession(reference);
  const { tty, stdin } = session.facts;
  const look: Look = {
    program: session,
    stdin,
    watch: (client, from) => machine.programs.watch(session, client, from),
  };
  const name = machine.snapshot.name;
  await watch(stream, first, look, { machine: machine.id, name, session: session.id, main: session.main, tty });
}

async function lookAt({ terminals }: StreamWorld, socket: WebSocket, id: string): Promise<void> {
  const stream = new ClientStream(socket);
  const first = await firstAttach(stream);
  const { terminal, look } = terminals.find(id);
  const { machine, title: name } = terminal;
  await watch(stream, first, look, { machine, name, session: id, main: false, tty: true }, (size) =>
    terminals.resized(id, size),
  );
}

type Attach = Extract<ClientControl, { type: 'attach' }>;

async function firstAttach(stream: ClientStream): Promise<Attach> {
  const first = await stream.first();
  if (first.type !== 'attach') throw new MvmError('request.invalid', "this stream begins with 'attach'");
  return first;
}

/** One who did not start the program: its own end of stdin is not the program's. */
async function watch(
  stream: ClientStream,
  first: Attach,
  look: Look,
  who: Pick<Attached, 'machine' | 'name' | 'session' | 'main' | 'tty'>,
  onResize?: (size: TerminalSize) => void,
): Promise<void> {
  const client = sessionClient(stream);
  const { program } = look;
  const { from, size } = first;
  const begins = look.watch(client, from ? { 2: from.stdout, 3: from.stderr } : first);
  const typed = look.stdin && first.stdin ? program.openStdin(client) : null;
  stream.announce({
    type: 'attached',
    ...who,
    stdin: typed?.position ?? null,
    stdout: begins[STDOUT],
    stderr: begins[STDERR],
    recorded: program.recorded,
  });
  if (typed) stream.control({ type: 'credit', channel: STDIN, bytes: typed.credit });
  // The program may end in this moment; its exit says so.
  if (who.tty && size) program.redraw(size).catch(() => undefined);
  if (size) onResize?.(size);
  await relay(stream, program, client, { endsStdin: false, onResize });
}

async function goOn({ machines }: StreamWorld, socket: WebSocket, id: string): Promise<void> {
  const stream = new ClientStream(socket);
  const first = await stream.first();
  if (first.type !== 'resume') throw new MvmError('request.invalid', "this stream begins with 'resume'");
  const found = machines.withSession(id);
  if (!found) throw new MvmError('session.not-found', 'the program has ended, or never began');
  const { machine, session } = found;
  const client = sessionClient(stream);
  const stdin = machine.programs.reattach(session, client, first);
  const { name } = machine.snapshot;
  stream.announce({ type: 'resumed', machine: machine.id, name, session: session.id, stdin: stdin.position });
  stream.control({ type: 'credit', channel: STDIN, bytes: stdin.credit });
  await relay(stream, session, client, { endsStdin: true });
}

/** Given up when the client leaves. */
async function importImage(
  world: StreamWorld,
  socket: WebSocket,
  path: string,
  reference: string | null,
): Promise<void> {
  const stream = new ClientStream(socket);
  const letGo = world.idle.hold(`importing ${path}`);
  const importing = world.images.importFrom(path, reference, progressTo(stream), stream.left);
  const images = await importing.finally(letGo);
  stream.control({ type: 'imported', images });
  stream.close();
}

/** A watcher that has not read so many bytes of changes is cut off; it comes back for a snapshot. */
const MOST_UNREAD = 4 * 1024 * 1024;

/** Changes until the client leaves. */
async function events(world: StreamWorld, socket: WebSocket): Promise<void> {
  const unsubscribe = world.events.subscribe(world.snapshot(), (event) => {
    if (socket.bufferedAmount > MOST_UNREAD) socket.terminate();
    else socket.send(JSON.stringify(event));
  });
  await new Promise((resolve) => socket.on('close', resolve));
  unsubscribe();
}
