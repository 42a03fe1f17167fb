/** Limits of a program as people write them, docker's way: `nofile=1024`, `core=0:-1`. */
import { MvmError } from './errors.ts';
import type { Ulimit } from './types.ts';

/** setrlimit(2)'s, by docker's names. */
export const ULIMITS = [
  ...['as', 'core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc', 'rss'],
  ...['rtprio', 'rttime', 'sigpending', 'stack'],
] as const;

/** `NAME=SOFT[:HARD]`; `-1` and `unlimited` are the same. @throws MvmError `usage` */
export function parseUlimit(text: string): Ulimit {
  const [, name, soft, hard = soft] = /^([a-z]+)=([^:]+)(?::([^:]+))?$/i.exec(text) ?? [];
  if (name === undefined) throw wrong(text, 'is not NAME=SOFT[:HARD]');
  return { name: name.toLowerCase(), soft: readAmount(text, soft), hard: readAmount(text, hard) };
}

/** What `parseUlimit` reads as this one, as short as it goes. */
export const ulimitText = ({ name, soft, hard }: Ulimit): string =>
  soft === hard ? `${name}=${soft}` : `${name}=${soft}:${hard}`;

function readAmount(text: string, amount = ''): number {
  if (amount === 'unlimited') return -1;
  if (/^(-1|\d{1,15})$/.test(amount)) return Number(amount);
  throw wrong(text, `has '${amount}', which is no number`);
}

const wrong = (text: string, what: string): MvmError =>
  new MvmError('usage', `--ulimit: '${text}' ${what}`, {
    hint: 'For example nofile=1024:4096, or core=-1 for no limit.',
  });
