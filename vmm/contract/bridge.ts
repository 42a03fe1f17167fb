/**
 * What a page finds as `window.mvm`, whoever hosts it: the preload of the desktop app, or the page's own loopback
 * client in a browser. The page knows nothing else of the world outside it.
 */
import type { ActionId } from './actions.ts';
import type { CallName, InputOf, OutputOf, StreamName } from './operations.ts';
import type { ErrorBody, RunRequest } from './types.ts';

export interface Bridge {
  /** whose window it is: its title bar, its names of keys; a browser has no tray and no `desktop` */
  readonly platform: 'mac' | 'windows' | 'linux' | 'browser';
  readonly version: string;
  /** rejects with an `ErrorBody`, a plain object: that is all that crosses between the worlds of a window */
  call<Name extends CallName>(name: Name, input: InputOf<Name>): Promise<OutputOf<Name>>;
  /** what is sent before the stream stands is kept for it */
  open<Name extends StreamName>(name: Name, input: InputOf<Name>, handlers: StreamHandlers): OpenStream;
  /** from menu, tray, global shortcut and links; those given before the first listener wait for it */
  onCommand(take: (command: WindowCommand) => void): () => void;
  /** where a dropped file lies on this computer; null in a browser, which does not tell */
  pathOf(file: File): string | null;
  readonly desktop: Desktop | null;
}

export interface StreamHandlers {
  /** a frame of contract/stream.ts, or the JSON text of one event */
  message(data: Uint8Array | string): void;
  /** nothing follows; 1000 is a good end, as WebSocket has it */
  closed(end: { code: number; error: ErrorBody | null }): void;
}

export interface OpenStream {
  send(frame: Uint8Array): void;
  close(): void;
}

export type WindowCommand =
  | { type: 'action'; action: ActionId }
  /** a place in the window, as its address has it after the `#`: `/machines/web/terminal` */
  | { type: 'go'; to: string }
  /** fills the Run sheet; the person decides whether it runs */
  | { type: 'fill-run'; request: RunDraft }
  /** chosen in the tray: it runs, and its output and exit code appear in place */
  | { type: 'run'; request: RunDraft };

export type RunDraft = Pick<RunRequest, 'image' | 'command'> & Partial<RunRequest>;

/** What only an app on the desktop can do. */
export interface Desktop {
  settings(): Promise<DesktopSettings>;
  /** resolves with what they are then; rejects with an `ErrorBody` */
  change(change: Partial<DesktopSettings>): Promise<DesktopSettings>;
  /** the system's dialog; null when it was dismissed */
  choose(what: 'archive' | 'folder'): Promise<string | null>;
  /** the actions that make sense now: the menu greys the others */
  offer(actions: ActionId[]): void;
  /** puts the launcher away */
  dismiss(): void;
  /** a file or folder of a machine to where the system's dialog says */
  copyOut(from: GuestPath, heard: (progress: CopyProgress) => void): CopyUnderWay;
  /** what was dropped, or chosen, into a folder of a machine */
  copyIn(to: GuestPath, files: readonly File[], heard: (progress: CopyProgress) => void): CopyUnderWay;
}

export interface GuestPath {
  machine: string;
  path: string;
}

export interface CopyProgress {
  bytes: number;
  /** in all, where that is known */
  total: number | null;
}

export interface CopyUnderWay {
  /** null when the dialog was dismissed; rejects with an `ErrorBody` */
  ended: Promise<Copied | null>;
  /** what is not whole then goes away */
  giveUp(): void;
}

export interface Copied {
  /** files, folders and links that are whole */
  files: number;
  bytes: number;
  /** where they are on this computer; null for a copy into a machine */
  to: string | null;
  /** the first of what was left out, with the reason */
  leftOut: string[];
  leftOutCount: number;
}

export interface DesktopSettings {
  theme: 'system' | 'light' | 'dark';
  startAtLogin: boolean;
  /** `mvm` on PATH */
  commandLine: boolean;
  /** opens the launcher from anywhere, `Control+Alt+Space` for example; empty: none */
  launcherKeys: string;
  /** where updates come from; null: never asked for */
  updates: 'stable' | 'preview' | null;
}
