/** What the tray has at hand: images, pinned where they are listed, and command lines, pinned where they ran. */
import { completeRun } from '../../vmm/contract/run-defaults.ts';
import type { App } from './app.svelte.ts';
import { lineOf, type Wish } from './launch.svelte.ts';

type Line = Pick<Wish, 'image' | 'command'>;

export interface Pin {
  kind: 'image' | 'command line';
  /** as it is typed in the launcher */
  text: string;
  takeOff(): Promise<unknown>;
}

/** Empty where there is no tray. */
export const pinsOf = (app: App): Pin[] =>
  hasTray(app)
    ? [
        ...pinnedImages(app).map((name): Pin => ({ kind: 'image', text: name, takeOff: () => unpinImage(app, name) })),
        ...lines(app).map(
          (line): Pin => ({ kind: 'command line', text: lineOf(line), takeOff: () => unpinLine(app, line) }),
        ),
      ]
    : [];

export const hasTray = (app: App): boolean => app.bridge.desktop !== null;

export const isPinnedImage = (app: App, name: string): boolean => pinnedImages(app).includes(name);

export const pinImage = (app: App, name: string): Promise<unknown> => setImages(app, [...pinnedImages(app), name]);

export const unpinImage = (app: App, name: string): Promise<unknown> =>
  setImages(
    app,
    pinnedImages(app).filter((each) => each !== name),
  );

export interface PinSwitch {
  isPinned: boolean;
  /** pins it, or takes it off */
  change(): Promise<unknown>;
}

/** null where there is no tray, and for a run of which its line does not say all: the tray would run another one. */
export function pinSwitchOf(app: App, wish: Wish): PinSwitch | null {
  if (!hasTray(app) || !isPlain(wish)) return null;
  const isPinned = lines(app).some((each) => isSame(each, wish));
  const { image, command } = wish;
  const change = () => (isPinned ? unpinLine(app, wish) : setLines(app, [...lines(app), { image, command }]));
  return { isPinned, change };
}

/** Whether it leaves something behind is said anew each time. */
function isPlain(wish: Wish): boolean {
  const { image, command, remove } = wish;
  const plain = Object.entries(completeRun({ image, command, remove })) as [keyof Wish, unknown][];
  return plain.every(([name, value]) => JSON.stringify(wish[name]) === JSON.stringify(value));
}

const isSame = (one: Line, other: Line): boolean =>
  one.image === other.image && JSON.stringify(one.command) === JSON.stringify(other.command);

const unpinLine = (app: App, line: Line): Promise<unknown> =>
  setLines(
    app,
    lines(app).filter((each) => !isSame(each, line)),
  );

/** Each once: whoever writes settings by the API may name one twice. */
function pinnedImages(app: App): string[] {
  const { pinnedImages: names } = app.service.settings;
  return Array.isArray(names) ? [...new Set(names.filter((each) => typeof each === 'string'))] : [];
}

function lines(app: App): Line[] {
  const { pinnedCommands } = app.service.settings;
  const all = Array.isArray(pinnedCommands) ? (pinnedCommands as Line[]) : [];
  return all.filter((line, index) => all.findIndex((each) => isSame(each, line)) === index);
}

const setImages = (app: App, value: string[]): Promise<unknown> =>
  app.service.call('changeSetting', { name: 'pinnedImages', value });

const setLines = (app: App, value: Line[]): Promise<unknown> =>
  app.service.call('changeSetting', { name: 'pinnedCommands', value });
