/** Copies files of a running machine to this host. */
import { posix } from 'node:path';
import { MvmError } from '../../contract/errors.ts';
import { fromBytes } from './archive.ts';
import { ArchiveReader } from './archive-reader.ts';
import { type CopyOptions, runCopy } from './copy-program.ts';
import { Unpacker } from './unpacker.ts';

export interface CopyOutOptions extends CopyOptions {
  /** the path's last part may be a link: what it leads to is copied */
  follow: boolean;
}

/** To a path here, with docker's meaning of what exists there. The error of a copy that broke off says what is there. */
export async function copyOut(options: CopyOutOptions & { to: string }): Promise<void> {
  const { to, tally } = options;
  const unpacker = new Unpacker(to, expectedName(options.path), tally);
  const reader = new ArchiveReader(unpacker);
  try {
    await receive(options, (bytes) => reader.push(bytes));
    if (!reader.whole) throw new MvmError('copy.torn', 'the copy came without its end');
    unpacker.close();
  } catch (error) {
    const { unfinished } = unpacker;
    unpacker.close();
    throw tally.files === 0 && unfinished === null ? error : withState(error, tally.files, to, unfinished);
  }
}

/** As a tar archive, as the machine sends it: whoever unpacks it must not trust it. */
export async function copyOutArchive(options: CopyOutOptions & { write(bytes: Buffer): Promise<void> }): Promise<void> {
  await receive(options, async (bytes) => {
    options.tally.bytes += bytes.length;
    await options.write(bytes);
  });
}

function receive(options: CopyOutOptions, output: (bytes: Buffer) => Promise<void> | void): Promise<void> {
  const { path, follow } = options;
  return runCopy(options, { type: 'copy-out', request: { path, follow } }, { output });
}

/** What the top of the archive must be called; the agent has the same rule (readCopyPath in copy_out_linux.go). */
function expectedName(path: string): string {
  const clean = posix.normalize(`/${path}`).replace(/(?<=.)\/$/, '');
  const contents = clean === '/' || path === '.' || path.endsWith('/.');
  return contents ? '.' : fromBytes(Buffer.from(posix.basename(clean)));
}

function withState(error: unknown, files: number, to: string, unfinished: string | null): unknown {
  if (!(error instanceof MvmError)) return error;
  const { code, message, hint, details } = error;
  const there = `${files} ${files === 1 ? 'file or folder is' : 'files and folders are'} in ${to}`;
  const rest = unfinished === null ? 'what is missing is not' : `${unfinished} and what comes after it are not`;
  return new MvmError(code, `${message}; ${there}, ${rest}`, {
    ...(hint !== undefined && { hint }),
    details: { ...details, files, unfinished },
    cause: error.cause,
  });
}
