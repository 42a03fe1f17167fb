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
  if (/^\d+$/.test(text)) return Object.entries(SIGNALS).find(([, value]) => value === Number(text))?.[0] ?? null;
  const name = text.toUpperCase();
  const full = name.startsWith('SIG') ? name : `SIG${name}`;
  return Object.hasOwn(SIGNALS, full) ? full : null;
}

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
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGWINCH: 28,
};
