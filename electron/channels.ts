/** What preload and main process say to each other. */
import type { DesktopSettings, GuestPath } from '../vmm/contract/bridge.ts';
import type { ErrorBody } from '../vmm/contract/types.ts';

/** Asked with `invoke`; the answer says itself whether it is one, for Electron keeps no more of an error than its text. */
export const ASK = { call: 'mvm:call', desktop: 'mvm:desktop', copy: 'mvm:copy' } as const;

/** Told by the page. */
export const TELL = {
  open: 'mvm:open',
  send: 'mvm:send',
  taken: 'mvm:taken',
  close: 'mvm:close',
  listening: 'mvm:listening',
  offer: 'mvm:offer',
  dismiss: 'mvm:dismiss',
  giveUpCopy: 'mvm:give-up-copy',
} as const;

/** Told to the page. */
export const HEAR = { stream: 'mvm:stream', command: 'mvm:command', copy: 'mvm:copying' } as const;

export type Answer = { output: unknown } | { error: ErrorBody };

export type StreamNews =
  | { type: 'message'; data: Uint8Array | string }
  | { type: 'closed'; code: number; error: ErrorBody | null };

export type DesktopRequest =
  | { type: 'settings' }
  | { type: 'change'; change: Partial<DesktopSettings> }
  | { type: 'choose'; what: 'archive' | 'folder' };

/** A copy, by the number that its page gave it. `files` are paths of this computer. */
export type CopyWish =
  | ({ way: 'out'; copy: number } & GuestPath)
  | ({ way: 'in'; copy: number; files: string[] } & GuestPath);

/** Passed to the preload on its command line. */
export const ARGUMENT = { platform: '--mvm-platform=', version: '--mvm-version=' } as const;
