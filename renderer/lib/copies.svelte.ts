import type { Copied, CopyProgress, CopyUnderWay } from '../../vmm/contract/bridge.ts';
import type { App } from './app.svelte.ts';
import { copyInWords, copyOutWords, joinPath, shownName } from './file-words.ts';
import type { FileItem, Folder } from './folder.svelte.ts';

/** What is done sooner shows no progress, ms. */
const QUICK_MS = 300;

/** One copy under way. */
export class Copy {
  readonly id: number;
  readonly machine: string;
  readonly title: string;
  bytes = $state(0);
  total: number | null = $state(null);
  /** it takes long enough to show how far it is */
  isLong = $state(false);
  underWay: CopyUnderWay | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(id: number, machine: string, title: string) {
    this.id = id;
    this.machine = machine;
    this.title = title;
  }

  /** From here on it takes time: before, a person may still think about where to. */
  begin(): void {
    this.#timer ??= setTimeout(() => {
      this.isLong = true;
    }, QUICK_MS);
  }

  hear({ bytes, total }: CopyProgress): void {
    this.begin();
    this.bytes = bytes;
    this.total = total;
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** Copies between this computer and machines, which the desktop app makes; a browser says how `mvm cp` does. */
export class Copies {
  all: readonly Copy[] = $state.raw([]);
  readonly #app: App;
  #last = 0;

  constructor(app: App) {
    this.#app = app;
  }

  /** Of a machine, those that take a while. */
  of(machine: string): readonly Copy[] {
    return this.all.filter((copy) => copy.isLong && copy.machine === machine);
  }

  /** To this computer, to where the person says. */
  async save({ machine, shown }: Folder, { name, nameBytes, kind }: FileItem): Promise<void> {
    const { desktop } = this.#app.bridge;
    if (!shown || !desktop) return;
    if (nameBytes !== null) throw noName(name, copyOutWords(machine.snapshot.name, shown.path));
    const path = joinPath(shown.path, name);
    const copied = await this.#follow(machine.id, `Saving ${shownName(name)}`, (copy) =>
      desktop.copyOut({ machine: machine.id, path }, (progress) => copy.hear(progress)),
    );
    if (!copied) return;
    if (copied.files > 0) this.#app.toasts.say(`Saved ${shownName(name)} as ${copied.to}`);
    this.#tellLeftOut(copied, copyOutWords(machine.snapshot.name, path, kind === 'link'));
  }

  /** Into the folder that is shown; what would be replaced there is asked for first. */
  async bring(folder: Folder, files: readonly File[]): Promise<void> {
    const { machine } = folder;
    const [first] = files;
    const shown = await folder.settled();
    if (folder.refused) throw folder.refused;
    if (!shown || !first) return;
    const words = copyInWords(machine.snapshot.name, shown.path, first.name);
    if (!this.#app.bridge.desktop) throw noPath(first.name, words);
    const ids = await folder.idsIn(shown.path);
    const there = files.filter(({ name }) => ids.has(name));
    if (there.length === 0) await this.#bring(folder, shown.path, files);
    else
      this.#app.dialogs.ask({
        title: `Replace ${summary(there)}?`,
        text: `${shown.path} of ${machine.snapshot.name} has ${listed(there)} already. Files are replaced; a folder keeps what only it has.`,
        command: words.join(' '),
        verb: 'Replace',
        perform: () => void this.#bring(folder, shown.path, files),
      });
  }

  giveUp(copy: Copy): void {
    this.#drop(copy);
    copy.underWay?.giveUp();
  }

  async #bring(folder: Folder, path: string, files: readonly File[]): Promise<void> {
    const { desktop } = this.#app.bridge;
    if (!desktop) return;
    const { id, snapshot } = folder.machine;
    const what = summary(files);
    const copied = await this.#follow(id, `Copying ${what}`, (copy) => {
      copy.begin();
      return desktop.copyIn({ machine: id, path }, files, (progress) => copy.hear(progress));
    });
    if (this.#app.service.isLive) await folder.refresh(path);
    if (!copied) return;
    if (copied.files > 0) this.#app.toasts.say(`Copied ${what} to ${snapshot.name}:${path}`);
    this.#tellLeftOut(copied, null);
  }

  /** Resolves with null when it was dismissed, given up or refused. */
  async #follow(machine: string, title: string, begin: (copy: Copy) => CopyUnderWay): Promise<Copied | null> {
    const copy = new Copy(++this.#last, machine, title);
    this.all = [...this.all, copy];
    try {
      copy.underWay = begin(copy);
      return await copy.underWay.ended;
    } catch (error) {
      if (this.all.includes(copy)) this.#app.toasts.complain(error);
      return null;
    } finally {
      copy.end();
      this.#drop(copy);
    }
  }

  #drop(copy: Copy): void {
    this.all = this.all.filter((each) => each !== copy);
  }

  #tellLeftOut({ leftOut, leftOutCount }: Copied, words: string[] | null): void {
    if (leftOutCount === 0) return;
    const others = leftOutCount > 1 ? `, and ${leftOutCount - 1} more` : '';
    this.#app.toasts.complain({
      code: 'copy.left-out',
      message: `Left out: ${shownName(leftOut[0] ?? '')}${others}`,
      hint: words ? `${words.join(' ')} names each.` : 'What else there was is there.',
    });
  }
}

const summary = (files: readonly File[]): string =>
  files.length === 1 ? shownName(files[0]?.name ?? '') : `${files.length} files and folders`;

/** As many names as a person reads before they decide. */
const MOST_LISTED = 5;

function listed(files: readonly File[]): string {
  const names = files.slice(0, MOST_LISTED).map(({ name }) => shownName(name));
  const others = files.length - names.length;
  return `${names.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
}

const noName = (name: string, words: string[]) => ({
  code: 'window.no-name',
  message: `${shownName(name)} has a name that is no UTF-8`,
  hint: `With its folder: ${words.join(' ')}`,
});

const noPath = (name: string, words: string[]) => ({
  code: 'window.no-path',
  message: `A browser does not tell where ${name} lies`,
  hint: `From a terminal: ${words.join(' ')}`,
});
