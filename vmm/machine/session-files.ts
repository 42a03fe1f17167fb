/** What is on disk of a machine's sessions, for the service that may adopt them: what each is, and its scrollback. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type machinePaths, sessionPaths } from '../paths.ts';
import { halvesOf } from './bounded-file.ts';
import { OutputLog } from './output-log.ts';

/** What a session runs. */
export interface SessionFacts {
  argv: string[];
  tty: boolean;
  /** its stdin is connected */
  stdin: boolean;
  /** a program of the agent's own: a copy */
  builtin?: true;
  /** Unix ms */
  started: number;
}

interface SessionRecord extends SessionFacts {
  version: 1;
  /** somebody watches who did not start it, and will come back */
  watched: boolean;
}

export class SessionFiles {
  readonly #folder: string;

  constructor({ sessions }: ReturnType<typeof machinePaths>) {
    this.#folder = sessions;
  }

  /** Not flushed: when the host dies, so do its guests and their sessions. */
  write(id: string, facts: SessionFacts, watched: boolean): void {
    this.#make();
    const { record } = sessionPaths(this.#folder, id);
    const { argv, tty, stdin, builtin, started } = facts;
    const content: SessionRecord = { version: 1, argv, tty, stdin, started, watched, ...(builtin && { builtin }) };
    writeFileSync(`${record}.new`, JSON.stringify(content), { mode: 0o600 });
    renameSync(`${record}.new`, record);
  }

  /** null when there is none that can be read: its service died as it began, or was another one. */
  read(id: string): SessionRecord | null {
    const { record } = sessionPaths(this.#folder, id);
    if (!existsSync(record)) return null;
    const found = JSON.parse(readFileSync(record, 'utf8')) as SessionRecord;
    return found.version === 1 ? found : null;
  }

  hasLog(id: string): boolean {
    return existsSync(sessionPaths(this.#folder, id).output);
  }

  openLog(id: string): OutputLog {
    this.#make();
    return new OutputLog(sessionPaths(this.#folder, id).output, { 2: 0, 3: 0 });
  }

  remove(id: string): void {
    const { record, output } = sessionPaths(this.#folder, id);
    for (const path of [record, ...halvesOf(output)]) rmSync(path, { force: true });
  }

  removeAll(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #make(): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }
}
