/**
 * Copies between machines and this computer that a page asked for. Where on this computer says the person, in a dialog
 * of the system or by dropping files: the page names none by itself.
 */
import { isAbsolute, join, posix } from 'node:path';
import { app, BrowserWindow, dialog, type SaveDialogOptions, type WebContents } from 'electron';
import type { ServiceOptions } from '../vmm/client/connect.ts';
import { copyIn } from '../vmm/client/copy/copy-in.ts';
import { copyOut } from '../vmm/client/copy/copy-out.ts';
import { Tally } from '../vmm/client/copy/tally.ts';
import type { Copied, CopyProgress } from '../vmm/contract/bridge.ts';
import { MvmError } from '../vmm/contract/errors.ts';
import { type CopyWish, HEAR } from './channels.ts';

/** How often a page hears how far a copy is, ms. */
const TELL_MS = 100;
/** Copies that a window may have under way, and files that it may drop at once. */
const MOST_COPIES = 16;
const MOST_FILES = 1_000;

/** Those of one page; they end with it. */
export class Copies {
  readonly #service: ServiceOptions;
  readonly #page: WebContents;
  readonly #underWay = new Map<number, AbortController>();

  constructor(service: ServiceOptions, page: WebContents) {
    this.#service = service;
    this.#page = page;
  }

  /** Resolves with null when the person thought better of it. */
  async copy(asked: unknown): Promise<Copied | null> {
    const wish = checkWish(asked);
    if (this.#underWay.has(wish.copy)) throw invalid(`copy ${wish.copy} is under way already`);
    if (this.#underWay.size >= MOST_COPIES)
      throw new MvmError('bridge.too-many', 'this window copies too much at once');
    const giveUp = new AbortController();
    this.#underWay.set(wish.copy, giveUp);
    // A page that is loaded again numbers anew, while what it gave up still ends.
    const isOfPage = () => this.#underWay.get(wish.copy) === giveUp;
    const told = seldom((progress) => {
      if (isOfPage() && !this.#page.isDestroyed()) this.#page.send(HEAR.copy, wish.copy, progress);
    });
    try {
      if (wish.way === 'in') return await this.#in(wish, told, giveUp.signal);
      return await this.#out(wish, told, giveUp.signal);
    } finally {
      if (isOfPage()) this.#underWay.delete(wish.copy);
    }
  }

  giveUp(copy: unknown): void {
    this.#underWay.get(Number(copy))?.abort(givenUp());
  }

  end(): void {
    for (const each of this.#underWay.values()) each.abort(givenUp());
    this.#underWay.clear();
  }

  async #out({ machine, path }: Wish<'out'>, told: Told, signal: AbortSignal) {
    const to = await askWhere(BrowserWindow.fromWebContents(this.#page), nameHere(path));
    if (to === null) return null;
    signal.throwIfAborted();
    const tally = new Tally(told);
    await copyOut({ service: this.#service, machine, path, follow: true, to, tally, signal });
    return { ...copied([tally]), to };
  }

  async #in({ machine, path, files }: Wish<'in'>, told: Told, signal: AbortSignal) {
    const tallies: Tally[] = [];
    for (const from of files) {
      signal.throwIfAborted();
      const before = copied(tallies).bytes;
      const tally = new Tally(({ bytes, total }) =>
        told({ bytes: before + bytes, total: files.length === 1 ? total : null }),
      );
      tallies.push(tally);
      const options = { service: this.#service, machine, path: `${path}/`, owners: false, follow: true, tally, signal };
      await copyIn({ ...options, from });
    }
    return { ...copied(tallies), to: null };
  }
}

type Told = (progress: CopyProgress) => unknown;
type Wish<Way> = Extract<CopyWish, { way: Way }>;

function checkWish(asked: unknown): CopyWish {
  const { way, copy, machine, path, files } = (asked ?? {}) as Record<string, unknown>;
  if (typeof copy !== 'number' || !Number.isSafeInteger(copy)) throw invalid('a copy needs a number');
  if (!isText(machine) || !isText(path)) throw invalid('a copy needs a machine and a path in it');
  if (way === 'out') return { way, copy, machine, path };
  if (way !== 'in' || !isPaths(files)) throw invalid('that is no copy');
  return { way, copy, machine, path, files };
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= 4_096 && !value.includes('\0');

const isPaths = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length <= MOST_FILES && value.every((each) => isText(each) && isAbsolute(each));

const invalid = (message: string): MvmError => new MvmError('bridge.invalid', message);

const givenUp = (): MvmError => new MvmError('copy.given-up', 'the copy was given up');

/** What a guest calls it, without what a system of ours takes for something else. */
function nameHere(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return posix.basename(path).replace(/[\x00-\x1f\x7f<>:"/\\|?*]/g, '_') || 'files';
}

async function askWhere(window: BrowserWindow | null, name: string): Promise<string | null> {
  const options: SaveDialogOptions = {
    title: `Save ${name}`,
    defaultPath: join(app.getPath('downloads'), name),
    properties: ['createDirectory', 'showOverwriteConfirmation'],
  };
  const chosen = window ? await dialog.showSaveDialog(window, options) : await dialog.showSaveDialog(options);
  return chosen.filePath || null;
}

function seldom(told: Told): Told {
  let next = 0;
  return ({ bytes, total }) => {
    if (performance.now() < next) return;
    next = performance.now() + TELL_MS;
    told({ bytes, total });
  };
}

function copied(tallies: Tally[]): Omit<Copied, 'to'> {
  const sum = (of: 'files' | 'bytes' | 'leftOutCount') => tallies.reduce((total, tally) => total + tally[of], 0);
  const leftOut = tallies.flatMap((tally) => tally.leftOut);
  return { files: sum('files'), bytes: sum('bytes'), leftOutCount: sum('leftOutCount'), leftOut };
}
