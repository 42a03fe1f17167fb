import type { ErrorBody } from './types.ts';

/** What went wrong, for a person (`message`, `hint`) and for a program (`code`, `details`). Only the edges print it. */
export class MvmError extends Error {
  readonly code: string;
  /** The next step, a sentence or a command line. */
  readonly hint: string | undefined;
  readonly details: Record<string, unknown> | undefined;

  constructor(
    code: string,
    message: string,
    more: { hint?: string; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'MvmError';
    this.code = code;
    this.hint = more.hint;
    this.details = more.details;
  }
}

/** As it is told on every transport; what is no MvmError is a mistake of ours. */
export function toBody(error: unknown): ErrorBody {
  if (!(error instanceof MvmError)) return { code: 'internal', message: (error as Error)?.message ?? String(error) };
  const { code, message, hint } = error;
  const reason = reasonOf(error);
  const details = reason === null ? error.details : { ...error.details, reason };
  return { code, message, ...(hint !== undefined && { hint }), ...(details !== undefined && { details }) };
}

/** Why, in the words of what caused it, unless the message says it already. */
export function reasonOf(error: MvmError): string | null {
  if (typeof error.details?.reason === 'string') return error.details.reason;
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause)
    if (!error.message.includes(cause.message)) causes.push(cause.message);
  return causes.length > 0 ? causes.join(': ') : null;
}
