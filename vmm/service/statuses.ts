/** The HTTP status of a failure: a coarse word for what the error's code says exactly. */
import { MvmError } from '../contract/errors.ts';

export function statusOf(error: unknown): number {
  if (!(error instanceof MvmError)) return 500;
  const [area = '', what = ''] = error.code.split('.', 2);
  return EXACTLY[error.code] ?? BY_WHAT[what] ?? BY_AREA[area] ?? 400;
}

const EXACTLY: Record<string, number> = {
  'request.unknown': 404,
  'request.method': 405,
  'request.timeout': 408,
  'request.too-large': 413,
  'request.expectation': 417,
  'request.upgrade': 426,
  'request.headers-too-large': 431,
  'machine.name': 400,
  'page.refused': 403,
  'disk.full': 507,
};

const BY_WHAT: Record<string, number> = { 'not-found': 404, 'in-use': 409, taken: 409 };

/** What the machine is in the way of, and what lies behind the service. */
const BY_AREA: Record<string, number> = { machine: 409, logs: 409, engine: 502, agent: 502, guest: 502 };
