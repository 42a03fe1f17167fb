/** Runs as a test's page asks for them. */
import { completeRun } from '../../vmm/contract/run-defaults.ts';
import type { RunRequest } from '../../vmm/contract/types.ts';

export const running = (...command: string[]): RunRequest => ({
  ...completeRun({ image: 'linux', command, stdin: true }),
  id: null,
  size: null,
});
