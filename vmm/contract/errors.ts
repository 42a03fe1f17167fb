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
