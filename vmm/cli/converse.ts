/** Connects a program with this terminal, these pipes and these signals until it ends, or one leaves it. */
import { type Ending, Program, type ProgramOptions } from '../client/program.ts';
import { MvmError } from '../contract/errors.ts';
import type { Attached, OutputChannel, ServiceControl } from '../contract/stream.ts';
import type { Context } from './command.ts';
import { DetachKeys } from './detach-keys.ts';
import { Progress } from './progress.ts';
import { type Forwarding, forwardSignals } from './signals.ts';
import { connectStdin } from './stdin.ts';
import { terminalSize } from './tty.ts';
import { size } from './units.ts';
import { write } from './write.ts';

export type Begun = Extract<ServiceControl, { type: 'started' | 'resumed' }> | Attached;

export interface Conversation {
  program: Pick<ProgramOptions, 'begin' | 'first' | 'resume' | 'goOn' | 'watching'>;
  signals: Forwarding;
  /** bytes that leave it running */
  keys: Buffer;
  /** what is connected, once it runs */
  connect(begun: Begun): { tty: boolean; stdin: boolean };
  /** what is shown of its output */
  filter?(channel: OutputChannel, bytes: Buffer): Buffer;
}

export interface Outcome {
  end: Ending | 'reader gone';
  /** null when it never ran */
  begun: Begun | null;
  /** the exit code when a signal undid the start */
  undone(): number;
  /** its last words left the terminal in the middle of a line */
  midLine: boolean;
}

export async function converse(context: Context, conversation: Conversation): Promise<Outcome> {
  const { stdin, stdout, stderr } = context;
  const progress = new Progress(context);
  const { connect, keys, filter = (_, bytes) => bytes } = conversation;
  let begun: Begun | null = null;
  let last = NEWLINE;
  const cleanUp: (() => void)[] = [() => progress.end()];
  const program = new Program({
    ...conversation.program,
    output: (channel, bytes) => {
      const shown = filter(channel, bytes);
      last = shown.at(-1) ?? last;
      return write(context, channel, shown);
    },
    onProgress: (message) => progress.show(message),
    onSkipped: (bytes) => stderr.write(`mvm: ${size(bytes)} of output came too fast and are not kept any more\r\n`),
    onStarted: (message) => {
      progress.end();
      begun = message;
      const { tty, stdin: connected } = connect(message);
      if (tty) cleanUp.push(followSize(stdout, program));
      if (connected) cleanUp.push(connectStdin(stdin, program, tty ? new DetachKeys(keys) : null));
    },
  });
  const signals = forwardSignals(program, stderr, conversation.signals);
  cleanUp.push(() => signals.stop());
  try {
    const end = await orReaderGone(program.run());
    return { end, begun, undone: () => signals.exitCode(), midLine: stdout.isTTY && last !== NEWLINE };
  } finally {
    for (const act of cleanUp) act();
    // A pipe that is still open would keep the process waiting for its end.
    stdin.destroy();
  }
}

const NEWLINE = 10;

async function orReaderGone(run: Promise<Ending>): Promise<Outcome['end']> {
  try {
    return await run;
  } catch (error) {
    // Where it went and why, the stream's own error tells.
    if (error instanceof MvmError) throw error;
    return 'reader gone';
  }
}

function followSize(stdout: NodeJS.WriteStream, program: Program): () => void {
  const resized = () => {
    const now = terminalSize(stdout);
    if (now) program.resize(now);
  };
  stdout.on('resize', resized);
  return () => stdout.off('resize', resized);
}
