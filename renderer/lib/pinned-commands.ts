/** Command lines that the tray has at hand: pinned, and taken off, where they ran. */
import { completeRun } from '../../vmm/contract/run-defaults.ts';
import type { App } from './app.svelte.ts';
import type { Wish } from './launch.svelte.ts';

export interface Pin {
  isPinned: boolean;
  /** pins it, or takes it off */
  change(): Promise<unknown>;
}

type Line = Pick<Wish, 'image' | 'command'>;

/** null where there is no tray, and for a run of which its line does not say all: the tray would run another one. */
export function pinOf(app: App, wish: Wish): Pin | null {
  if (app.bridge.desktop === null || !isPlain(wish)) return null;
  const { pinnedCommands } = app.service.settings;
  const all = Array.isArray(pinnedCommands) ? (pinnedCommands as Line[]) : [];
  const others = all.filter((each) => !isSame(each, wish));
  const isPinned = others.length < all.length;
  const { image, command } = wish;
  const value = isPinned ? others : [...all, { image, command }];
  return { isPinned, change: () => app.service.call('changeSetting', { name: 'pinnedCommands', value }) };
}

/** Whether it leaves something behind is said anew each time. */
function isPlain(wish: Wish): boolean {
  const { image, command, remove } = wish;
  const plain = Object.entries(completeRun({ image, command, remove })) as [keyof Wish, unknown][];
  return plain.every(([name, value]) => JSON.stringify(wish[name]) === JSON.stringify(value));
}

const isSame = (one: Line, other: Line): boolean =>
  one.image === other.image && JSON.stringify(one.command) === JSON.stringify(other.command);
