/** Connects a program with this terminal, these pipes and these signals until it ends, or one leaves it. */
import { type Ending, Program, type ProgramOptions } from '../client/program.ts';
import { MvmError } from '../contract/errors.ts';
import type { Attached, OutputChannel, ServiceControl } from '../contract/stream.ts';
import type { Context } from './command.ts';
import { DetachKeys } from './detach-keys.ts';
import { progressLine } from './progress.ts';
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
}

export async function converse(context: Context, conversation: Conversation): Promise<Outcome> {
  const { stdin, stdout, stderr } = context;
  const progress = progressLine(context);
  const { connect, keys, filter = (_, bytes) => bytes } = conversation;
  let begun: Begun | null = null;
  const cleanUp: (() => void)[] = [() => progress.clear()];
  const program = new Program({
    ...conversation.program,
    output: (channel, bytes) => write(context, channel, filter(channel, bytes)),
    onProgress: (message) => progress.show(message),
    onSkipped: (bytes) => stderr.write(`mvm: ${size(bytes)} of output came too fast and are not kept any more\r\n`),
    onStarted: (message) => {
      progress.clear();
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
    return { end, begun, undone: () => signals.exitCode() };
  } finally {
    for (const act of cleanUp) act();
    // A pipe that is still open would keep the process waiting for its end.
    stdin.destroy();
  }
}

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
