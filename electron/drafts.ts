/** Runs that the tray asks for: what ran before, what is pinned. */
import type { RunDraft } from '../vmm/contract/bridge.ts';
import type { HistoryEntry } from '../vmm/contract/types.ts';

/** An image alone is for looking around in: its own program, at a terminal. */
export const imageRun = (image: string): RunDraft => ({ image, command: [], tty: true, stdin: true });

/** Its variables keep their names; their values history does not know. */
export function againOf({ request, image, argv, envNames }: HistoryEntry): RunDraft {
  const env = envNames.map((name) => `${name}=`);
  if (request) return { ...request, env };
  // Of before history kept requests: what was executed, whatever the image's entrypoint was.
  return { image, command: argv, entrypoint: '', env };
}
