/** Signals as people write them: by name or by number, both Linux's, for it is the guest that gets them. */
import { MvmError } from '../contract/errors.ts';

/** `HUP`, `SIGHUP`, `sighup` and `1` are the same. @throws MvmError `request.invalid` */
export function signalName(text: string): string {
  const name = knownSignal(text);
  if (name !== null) return name;
  throw new MvmError('request.invalid', `there is no signal '${text}'`, { hint: 'For example TERM, HUP or KILL.' });
}

/** null when there is none */
export function knownSignal(text: string): string | null {
  if (/^\d+$/.test(text)) return numbered(Number(text));
  const name = text.toUpperCase();
  const full = name.startsWith('SIG') ? name : `SIG${name}`;
  return Object.hasOwn(SIGNALS, full) || REAL_TIME.has(full) ? full : null;
}

function numbered(number: number): string | null {
  if (number > RT_MIN && number < RT_MAX) return `SIGRTMIN+${number - RT_MIN}`;
  return Object.entries(SIGNALS).find(([, value]) => value === number)?.[0] ?? null;
}

/** The first and the last of the real-time signals: two before them are the C library's own (signal(7)). */
const RT_MIN = 34;
const RT_MAX = 64;
/** By their distance from either end: with `SIGRTMIN+3` systemd is asked to end, for example. */
const REAL_TIME = new Set(
  Array.from({ length: RT_MAX - RT_MIN }, (_, index) => [`SIGRTMIN+${index + 1}`, `SIGRTMAX-${index + 1}`]).flat(),
);

/** signal(7) */
const SIGNALS: Record<string, number> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
  SIGRTMIN: RT_MIN,
  SIGRTMAX: RT_MAX,
};
