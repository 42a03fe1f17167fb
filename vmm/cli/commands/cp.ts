import { constants } from 'node:os';
import { copyIn, copyInArchive } from '../../client/copy/copy-in.ts';
import { copyOut, copyOutArchive } from '../../client/copy/copy-out.ts';
import { Tally } from '../../client/copy/tally.ts';
import { MvmError } from '../../contract/errors.ts';
import { printable } from '../../contract/printable.ts';
import { STDOUT } from '../../contract/stream.ts';
import type { Values } from '../arguments.ts';
import { type Context, defineCommand, jsonOption } from '../command.ts';
import { type Copy, copyBetween, PIPE } from '../copy-sides.ts';
import { printError, printJson } from '../output.ts';
import { Progress } from '../progress.ts';
import { READER_GONE } from '../run-program.ts';
import { write } from '../write.ts';

const options = {
  archive: { kind: 'flag', short: 'a', help: 'Keep users and groups in the machine' },
  'follow-link': { kind: 'flag', short: 'L', help: 'When the source is a link, copy what it leads to' },
  quiet: { kind: 'flag', short: 'q', help: 'Show no progress' },
  json: jsonOption,
} as const;

export const cp = defineCommand({
  name: 'cp',
  summary: 'Copy files between this host and a running machine',
  words: 'MACHINE:PATH PATH|- | PATH|- MACHINE:PATH',
  count: { least: 2, most: 2 },
  options,
  machines: ['running'],
  notes: [
    'As docker cp: a folder is copied into a folder that exists, and otherwise gets the name that is given; PATH/. means what is in it. - is a tar archive from stdin, put below a folder, or on stdout. In a machine all belongs to root without -a; here all belongs to you.',
    'A machine is not trusted: devices, named pipes, set-id bits and links that lead out of what is copied do not come out of it. Each is named, the rest is copied, and the exit code is 125. mvm cp MACHINE:PATH - gives an archive of everything as it is.',
  ],
  examples: ['cp web:/etc/hosts .', 'cp ./site web:/srv/', 'cp web:/var/log - | tar t'],
  async handle(context, values, [source = '', destination = '']) {
    const copy = copyBetween(source, destination);
    const progress = new Progress(context);
    const tally = new Tally(({ bytes, total }) => {
      if (!values.quiet) progress.show({ step: 'copying', done: bytes, ...(total !== null && { total }) });
    });
    const interrupted = onInterrupt();
    let unwritten: unknown = null;
    const toStdout = (bytes: Buffer) =>
      write(context, STDOUT, bytes).catch((error) => {
        unwritten = error;
        throw error;
      });
    try {
      await perform(context, values, copy, { tally, toStdout, signal: interrupted.signal });
    } catch (error) {
      // A full disk was told where stdout is watched; a reader that went away is none of our mistakes.
      if (error === unwritten) return READER_GONE;
      if (error !== interrupted.signal.reason) throw error;
      return 128 + constants.signals[interrupted.by()];
    } finally {
      progress.end();
      interrupted.stop();
      context.stdin.destroy();
      if (!context.json) for (const what of tally.leftOut) context.stderr.write(`mvm: left out: ${printable(what)}\n`);
    }
    return tell(context, tally);
  },
});

function perform(
  context: Context,
  values: Values<typeof options>,
  copy: Copy,
  { tally, toStdout, signal }: { tally: Tally; toStdout(bytes: Buffer): Promise<void>; signal: AbortSignal },
): Promise<void> {
  const { machine, path } = copy;
  const common = { service: context.service, machine, path, tally, signal };
  const follow = values['follow-link'];
  if (copy.way === 'in') {
    const owners = values.archive;
    if (copy.from === PIPE) return copyInArchive({ ...common, owners, from: context.stdin as AsyncIterable<Buffer> });
    return copyIn({ ...common, owners, from: copy.from, follow });
  }
  if (copy.to !== PIPE) return copyOut({ ...common, follow, to: copy.to });
  if (context.stdout.isTTY)
    throw new MvmError('usage', 'an archive is not for a terminal', {
      hint: 'Into a file or a pipe: mvm cp … - > x.tar',
    });
  return copyOutArchive({ ...common, follow, write: toStdout });
}

function tell(context: Context, { files, bytes, leftOut, leftOutCount }: Tally): number {
  if (context.json) printJson(context.stdout, { files, bytes, leftOut, leftOutCount });
  if (leftOutCount === 0) return 0;
  if (!context.json) printError(context, new MvmError('copy.left-out', `${leftOutCount} left out, the rest is copied`));
  return 125;
}

const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first signal gives the copy up in order, the second one at once. */
function onInterrupt(): { signal: AbortSignal; by(): (typeof INTERRUPTS)[number]; stop(): void } {
  const giveUp = new AbortController();
  let by: (typeof INTERRUPTS)[number] = 'SIGINT';
  const heed = (signal: NodeJS.Signals) => {
    if (giveUp.signal.aborted) process.exit(128 + constants.signals[signal]);
    by = signal as typeof by;
    giveUp.abort();
  };
  for (const signal of INTERRUPTS) process.on(signal, heed);
  return {
    signal: giveUp.signal,
    by: () => by,
    stop() {
      for (const signal of INTERRUPTS) process.off(signal, heed);
    },
  };
}
