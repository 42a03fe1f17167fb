/** The doors for browsers: the one that this service opened, and those that pages of an earlier one come back to. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { type KeptDoor, PageDoor, type PageDoorOptions } from './page-door.ts';

export interface PageDoorsOptions extends PageDoorOptions {
  /** tells the next service of them; only this user may read it, as only this user may use the service's socket */
  file: string;
}

const knownPage = z.object({ id: z.string(), digest: z.string(), until: z.number() });
const keptDoor = z.object({ port: z.int().min(1).max(65_535), pages: z.array(knownPage).readonly() });
/** Another version's doors may look otherwise. */
const doorsRecord = z.object({ version: z.number(), doors: z.array(keptDoor) });
type DoorsRecord = z.infer<typeof doorsRecord>;

export class PageDoors {
  readonly #options: PageDoorsOptions;
  readonly #doors = new Set<PageDoor>();
  /** new pages have a port that nobody had while it could be known to a browser */
  #own: Promise<PageDoor> | null = null;
  #isOver = false;

  constructor(options: PageDoorsOptions) {
    this.#options = options;
  }

  /** An address that opens the page once. */
  async open(): Promise<string> {
    this.#own ??= this.#add(null).catch((error) => {
      this.#own = null;
      throw error;
    });
    return (await this.#own).newAddress();
  }

  /** For pages of the service before. One whose port is taken stays closed, and what was known of its pages is gone. */
  async comeBack(): Promise<void> {
    const { file, log, now } = this.#options;
    const awaited = readDoors(file, log).filter(({ pages }) => pages.some(({ until }) => until > now()));
    for (const kept of awaited)
      await this.#add(kept).catch(({ code, message }: NodeJS.ErrnoException) =>
        log(
          code === 'EADDRINUSE'
            ? `the door for browsers stays closed: another program has port ${kept.port} by now`
            : `the door for browsers stays closed: ${message}`,
        ),
      );
    this.#save();
  }

  /** For good. False when all were closed already. */
  async close(): Promise<boolean> {
    const wasOpen = this.#doors.size > 0;
    await Promise.all([...this.#doors].map((door) => door.close()));
    return wasOpen;
  }

  /** Until the next service opens them again. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.close();
  }

  async #add(kept: KeptDoor | null): Promise<PageDoor> {
    const door = await PageDoor.open(this.#options, kept, {
      changed: () => this.#save(),
      closed: () => {
        this.#doors.delete(door);
        if (kept === null) this.#own = null;
        this.#save();
      },
    });
    this.#doors.add(door);
    return door;
  }

  #save(): void {
    if (this.#isOver) return;
    const { file, log } = this.#options;
    const doors = [...this.#doors].map(({ kept }) => kept).filter(({ pages }) => pages.length > 0);
    try {
      writeDoors(file, doors);
    } catch (error) {
      // The pages go on; the next service will not know them.
      log(`the doors for browsers are not recorded: ${(error as Error).message}`);
    }
  }
}

function writeDoors(file: string, doors: KeptDoor[]): void {
  if (doors.length === 0) {
    rmSync(file, { force: true });
    return;
  }
  const record: DoorsRecord = { version: 1, doors };
  writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function readDoors(file: string, log: (line: string) => void): KeptDoor[] {
  if (!existsSync(file)) return [];
  try {
    const { version, doors } = doorsRecord.parse(JSON.parse(readFileSync(file, 'utf8')));
    return version === 1 ? doors : [];
  } catch (error) {
    log(`the doors for browsers of the service before cannot be read: ${(error as Error).message}`);
    return [];
  }
}
