import { call } from '../../client/connect.ts';
import { openStream } from '../../client/stream.ts';
import { MvmError } from '../../contract/errors.ts';
import type { ClientControl } from '../../contract/stream.ts';
import { parseSize } from '../arguments.ts';
import { type Context, defineCommand } from '../command.ts';
import { type Begun, type Conversation, converse } from '../converse.ts';
import { detachOption, parseKeys } from '../detach-keys.ts';
import { Replay } from '../replay.ts';
import { leftRunning, READER_GONE } from '../run-program.ts';
import { terminalSize } from '../tty.ts';

export const attach = defineCommand({
  name: 'attach',
  summary: 'Watch a running program and type into it',
  words: 'MACHINE|SESSION',
  count: { least: 1, most: 1 },
  machines: ['running', 'paused'],
  options: {
    'detach-keys': detachOption,
    'no-stdin': { kind: 'flag', help: 'Watch alone' },
    'sig-proxy': {
      kind: 'flag',
      unless: true,
      help: 'Signals go on to the program; with =false, ctrl-C leaves it running',
    },
    scrollback: { kind: 'text', value: 'SIZE', help: 'Show first how much of what it printed before (default 64k)' },
  },
  notes: [
    "A machine means its own program, a session any one that 'mvm sessions' lists. Several may attach at once: all see the same, the keys of all reach the program, and its terminal has the size of whoever changed it last. Who takes nothing for 10 s holds it up no longer, and is told how much was missed.",
    'The program goes on when this ends: with ctrl-p ctrl-q on its terminal, or with the terminal closed. That stdin ended here does not end it there. A second ctrl-C kills it, as in mvm run, and a third leaves one that hears nothing; with --sig-proxy=false the first one leaves.',
    "Exit code: the program's; 0 after the keys.",
  ],
  examples: ['attach web', 'attach --no-stdin --scrollback 0 3f2a'],
  async handle(context, values, [reference = '']) {
    const keys = parseKeys(values['detach-keys'] ?? '');
    const tail = values.scrollback === null ? SCROLLBACK : parseSize(values.scrollback, '--scrollback');
    const { end, begun } = await converse(context, {
      ...watching(context, reference, { tail, stdin: !values['no-stdin'] }),
      signals: values['sig-proxy'] ? 'all-but-hangup' : 'none',
      keys,
    });
    if (end === 'reader gone') return READER_GONE;
    if (end === 'detached') return leftRunning(context, reference);
    if (end !== null) return end.exit.code;
    if (begun) return 0;
    throw new MvmError('request.aborted', 'interrupted before it was attached');
  },
});

const SCROLLBACK = 64 * 1024;

type Watching = Pick<Conversation, 'program' | 'connect' | 'filter'>;

function watching(context: Context, reference: string, wish: { tail: number; stdin: boolean }): Watching {
  const replay = new Replay();
  const open = (session: string) => openStream(context.service, 'attach', { session });
  const first: ClientControl = { type: 'attach', from: null, ...wish, size: terminalSize(context.stdout) };
  let session = reference;
  return {
    program: {
      first,
      watching: true,
      begin: () => open(session),
      resume: () => open(session),
      goOn: (from) => ({ ...first, from }),
    },
    connect: (begun) => {
      session = begun.session;
      const connected = connectionOf(begun);
      if (connected.tty && connected.stdin && !context.stdin.isTTY)
        throw new MvmError('usage', 'stdin is not a terminal, as this program has one', { hint: 'Use --no-stdin.' });
      if (connected.tty && begun.type === 'attached') replay.begin(begun);
      if (begun.machine !== null) void tellIfPaused(context, begun.machine, connected.tty ? '\r\n' : '\n');
      return connected;
    },
    filter: (channel, bytes) => replay.take(channel, bytes),
  };
}

/** A guest that stands still says nothing and hears nothing, which looks like a fault to who does not know. */
async function tellIfPaused(context: Context, id: string, lineEnd: string): Promise<void> {
  // What goes wrong with the machine or its service, the program's own stream tells.
  const machine = await call(context.service, 'machine', { machine: id }).catch(() => null);
  if (machine?.state.name !== 'paused') return;
  context.stderr.write(`mvm: ${machine.name} is paused; mvm resume ${machine.name} lets it go on${lineEnd}`);
}

const connectionOf = (begun: Begun): { tty: boolean; stdin: boolean } =>
  begun.type === 'attached' ? { tty: begun.tty, stdin: begun.stdin !== null } : { tty: false, stdin: false };
