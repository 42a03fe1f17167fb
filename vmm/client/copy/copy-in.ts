/** Copies files of this host into a running machine. */
import type { Program } from '../program.ts';
import { type CopyOptions, runCopy } from './copy-program.ts';
import type { Tally } from './tally.ts';
import { archiveOf, readSource } from './walk.ts';

export interface CopyInOptions extends CopyOptions {
  /** users and groups stay as they are; else all belongs to root */
  owners: boolean;
}

/** One file or tree. With `follow` the path may be a link, and what it leads to is copied. */
export async function copyIn(options: CopyInOptions & { from: string; follow: boolean }): Promise<void> {
  const archive = archiveOf(readSource(options.from, options.follow), options.tally);
  try {
    await send(options, false, archive);
  } finally {
    // Closes the files of a copy that ended early.
    archive.return(undefined);
  }
}

/** A tar archive of anything, whose files are put below a folder of the machine. */
export async function copyInArchive(options: CopyInOptions & { from: AsyncIterable<Buffer> }): Promise<void> {
  await send(options, true, counted(options.from, options.tally));
}

async function* counted(archive: AsyncIterable<Buffer>, tally: Tally): AsyncGenerator<Buffer> {
  for await (const piece of archive) {
    tally.bytes += piece.length;
    yield piece;
  }
}

async function send(
  options: CopyInOptions,
  into: boolean,
  pieces: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<void> {
  const { path, owners, signal, tally } = options;
  const feeding = Promise.withResolvers<never>();
  feeding.promise.catch(() => undefined);
  const feed = async (program: Program): Promise<void> => {
    for await (const piece of pieces) {
      if (signal?.aborted) return;
      await program.write(piece);
      tally.tell();
    }
    program.endStdin();
  };
  const onStarted = (program: Program) =>
    void feed(program).catch((error: unknown) => {
      feeding.reject(error);
      program.abort();
    });
  await Promise.race([
    runCopy(options, { type: 'copy-in', request: { path, into, owners } }, { onStarted }),
    feeding.promise,
  ]);
}
