import { sql as first } from './0001-first.ts';
import { sql as pastRequests } from './0002-past-requests.ts';

/** In order; the database's `user_version` counts how many were applied. Never edit one that was released. */
export const migrations: readonly string[] = [first, pastRequests];
