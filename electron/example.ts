/** What the desktop knows, for tests of what is pure here. */
import type { HistoryEntry } from '../vmm/contract/types.ts';
import { type Desk, EMPTY_DESK } from './desk.ts';

export const pastRun = (id: number, argv: string[], more: Partial<HistoryEntry> = {}): HistoryEntry => ({
  id,
  at: id,
  machine: null,
  image: 'linux',
  argv,
  envNames: [],
  request: null,
  exitCode: 0,
  durationMs: 1,
  ...more,
});

export const desk = (more: Partial<Desk>): Desk => ({ ...EMPTY_DESK, connected: true, ...more });
