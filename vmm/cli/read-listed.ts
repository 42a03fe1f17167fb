import { readFileSync } from 'node:fs';
import { MvmError } from '../contract/errors.ts';

/** The file that an option such as `--env-file` names. @throws MvmError `usage` */
export function readListed(path: string, option: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new MvmError('usage', `${option}: ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
