/** An error as the page gets it. */
import { MvmError } from '../vmm/contract/errors.ts';
import type { ErrorBody } from '../vmm/contract/types.ts';

export function bodyOf(error: unknown): ErrorBody {
  if (!(error instanceof MvmError)) return { code: 'internal', message: (error as Error)?.message ?? String(error) };
  const { code, message, hint, details } = error;
  return { code, message, ...(hint !== undefined && { hint }), ...(details !== undefined && { details }) };
}
