/** The user's terminal: its size, and raw mode that always ends. */
import type { TerminalSize } from '../contract/types.ts';

/** null also for a terminal that nobody gave a size, as script(1) and some CI systems have it: the guest's has none then. */
export function terminalSize({ isTTY, columns, rows }: NodeJS.WriteStream): TerminalSize | null {
  return isTTY && columns > 0 && rows > 0 ? { columns, rows } : null;
}

/** Every key goes to the guest until the returned function is called, which the process's end does as well. */
export function rawMode(stream: NodeJS.ReadStream): () => void {
  if (!stream.isTTY) return () => undefined;
  stream.setRawMode(true);
  const restore = () => void stream.setRawMode(false);
  process.once('exit', restore);
  return () => {
    process.off('exit', restore);
    restore();
  };
}

/** Whether it draws more than ASCII: not where a locale says otherwise, nor on the kernel's own console. */
export function hasGlyphs(env: NodeJS.ProcessEnv): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  return env.TERM !== 'linux' && (!locale || /utf-?8/i.test(locale));
}
