/** What the tray, the menus and the notifications know of the service, and how an event changes it: pure. */
import type { HistoryEntry, Image, Machine, ServiceEvent } from '../vmm/contract/types.ts';

export interface Desk {
  /** false: what follows is what was known last */
  connected: boolean;
  machines: Machine[];
  images: Image[];
  /** newest first */
  history: HistoryEntry[];
  pins: Pins;
}

export interface Pins {
  images: string[];
  commands: PinnedCommand[];
}

export interface PinnedCommand {
  image: string;
  command: string[];
}

/** As many as the tray shows, and some that it leaves out because they are the same. */
export const HISTORY_KEPT = 50;

export const EMPTY_DESK: Desk = {
  connected: false,
  machines: [],
  images: [],
  history: [],
  pins: { images: [], commands: [] },
};

export function after(desk: Desk, event: ServiceEvent): Desk {
  switch (event.type) {
    case 'snapshot':
      return { ...desk, connected: true, machines: event.machines, images: event.images, pins: pinsOf(event.settings) };
    case 'machine':
      return { ...desk, machines: withMachine(desk.machines, event.machine) };
    case 'machine-removed':
      return { ...desk, machines: desk.machines.filter(({ id }) => id !== event.id) };
    case 'image':
      return { ...desk, images: [...desk.images.filter((image) => !isSame(image, event.image)), event.image] };
    case 'image-removed':
      return { ...desk, images: desk.images.filter((image) => !isSame(image, event)) };
    case 'history':
      return { ...desk, history: withRun(desk.history, event.run) };
    case 'settings':
      return { ...desk, pins: pinsOf(event.settings) };
    default:
      // An event of a newer service, or one that only windows draw.
      return desk;
  }
}

/** Changed in its place, for the tray's order should not jump. */
function withMachine(machines: Machine[], changed: Machine): Machine[] {
  const known = machines.some(({ id }) => id === changed.id);
  return known ? machines.map((each) => (each.id === changed.id ? changed : each)) : [changed, ...machines];
}

/** Newest first; a run that ends is told of again. */
function withRun(history: HistoryEntry[], run: HistoryEntry): HistoryEntry[] {
  return [run, ...history.filter(({ id }) => id !== run.id)]
    .sort((one, other) => other.id - one.id)
    .slice(0, HISTORY_KEPT);
}

/** An image goes by its name; one without a name by its digest. */
function isSame(one: Pick<Image, 'reference' | 'digest'>, other: Pick<Image, 'reference' | 'digest'>): boolean {
  if (one.reference !== null || other.reference !== null) return one.reference === other.reference;
  return one.digest === other.digest;
}

/** None by a service of an older build, whose snapshot has no settings. */
function pinsOf(settings?: Record<string, unknown>): Pins {
  return {
    images: (settings?.pinnedImages ?? []) as string[],
    commands: (settings?.pinnedCommands ?? []) as PinnedCommand[],
  };
}
