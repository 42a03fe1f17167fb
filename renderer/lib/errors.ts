import { MvmError, toBody } from '../../vmm/contract/errors.ts';
import type { ErrorBody } from '../../vmm/contract/types.ts';

/** What a call or stream was refused with. Anything else is a mistake of the window's own, and told as one. */
export function toErrorBody(error: unknown): ErrorBody {
  if (error instanceof MvmError) return toBody(error);
  if (isErrorBody(error)) return error;
  return { code: 'window.internal', message: error instanceof Error ? error.message : String(error) };
}

function isErrorBody(error: unknown): error is ErrorBody {
  return typeof error === 'object' && error !== null && 'code' in error && 'message' in error;
}
