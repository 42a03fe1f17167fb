import { MvmError } from '../../vmm/contract/errors.ts';

/** A full disk, as a person would say it; any other error as it is. */
export function asStorageError(error: unknown, folder: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  const hint = 'Free some space there, or remove images with `mvm images rm`.';
  return new MvmError('disk.full', `There is no space left in ${folder}.`, { hint, details: { folder }, cause: error });
}
