/** `--cidfile`: a machine's id in a file of this host, for scripts. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { MvmError } from '../contract/errors.ts';

export interface IdFile {
  write(id: string): void;
  /** nothing stays when there was no machine */
  end(): void;
}

/** A file that is there may name a machine that matters. @throws MvmError `usage` */
export function openIdFile(path: string): IdFile {
  const file = create(path);
  let written = false;
  return {
    write(id) {
      // A program is begun once more when its client comes back to it.
      if (!written) writeSync(file, id);
      written = true;
    },
    end() {
      closeSync(file);
      if (!written) rmSync(path, { force: true });
    },
  };
}

function create(path: string): number {
  try {
    return openSync(path, 'wx');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST')
      throw new MvmError('usage', `--cidfile: ${path} is there already`, { hint: 'Remove it, or name another file.' });
    throw new MvmError('usage', `--cidfile: '${path}' cannot be written: ${message}`, { cause });
  }
}
