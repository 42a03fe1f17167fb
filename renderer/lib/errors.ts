import { MvmError, toBody } from '../../vmm/contract/errors.ts';
import type { ErrorBody } from '../../vmm/contract/types.ts';

/** What a call or stream was refused with. Anything else is a mistake of the window's own, and told as one. */
export function toErrorBody(error: unknown): ErrorBody {
  if (error instanceof MvmError) return toBody(error);
  if (isErrorBody(error)) return error;
  return { code: 'window.internal', message: error instanceof Error ? error.message : String(error) };
}

/** A machine that a window still shows is called by its name, not by the id that was asked for. */
export function ofMachine(name: string, error: unknown): ErrorBody {
  const body = toErrorBody(error);
  if (body.code !== 'machine.not-found') return body;
  return { code: body.code, message: `machine ${name} is not there any more`, hint: 'It was removed elsewhere.' };
}

/** With a full stop, for what follows it; some of the service's messages have one. */
export const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

function isErrorBody(error: unknown): error is ErrorBody {
  return typeof error === 'object' && error !== null && 'code' in error && 'message' in error;
}
