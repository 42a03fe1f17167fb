/** `mvm …` in a terminal of its own, typed into and looked at as a person does. */
import { join } from 'node:path';
import { type IPty, spawn } from 'node-pty';
import { eventually, type World } from './world.ts';

const CLI = join(import.meta.dirname, '../.build/cli.cjs');

export interface Terminal {
  pty: IPty;
  /** everything it showed so far */
  seen(): string;
  /** waits until it shows this, from where the last `shows` of this terminal found something */
  shows(text: string): Promise<void>;
  exited: Promise<number>;
}

export function terminal(w: World, args: string[], size = { cols: 80, rows: 24 }): Terminal {
  const env = Object.fromEntries(Object.entries(w.env).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
  const pty = spawn(process.execPath, [CLI, ...args], { ...size, env: { ...env, TERM: 'xterm' } });
  let seen = '';
  let from = 0;
  pty.onData((text) => {
    seen += text;
  });
  const exited = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
  const shows = async (text: string) => {
    await eventually(
      () => seen.indexOf(text, from) >= 0,
      () => `${JSON.stringify(text)} in ${JSON.stringify(seen.slice(from))}`,
    );
    from = seen.indexOf(text, from) + text.length;
  };
  return { pty, seen: () => seen, shows, exited };
}
