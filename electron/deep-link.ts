/**
 * `mvm://…`: anything on this computer or in a browser may open such a link, so it leads to a place in the window or
 * fills the Run sheet, and the person decides. It never starts, changes or removes anything.
 *
 *   mvm://machines  mvm://machines/web  mvm://machines/web/console  mvm://images  mvm://settings  mvm://settings/doctor
 *   mvm://run?image=alpine:3.20&arg=uname&arg=-a&name=web&net=none
 */
import type { RunDraft, WindowCommand } from '../vmm/contract/bridge.ts';
import { machineTabs } from '../vmm/contract/machine-tabs.ts';

/** null when it is no link of ours, or not well formed. */
export function readDeepLink(text: string): WindowCommand | null {
  if (text.length > LONGEST || !URL.canParse(text)) return null;
  const link = new URL(text);
  if (link.protocol !== 'mvm:' || link.username || link.password || link.port) return null;
  const parts = link.pathname.split('/').filter(Boolean);
  if (link.host === 'run' && parts.length === 0) return fillRun(link.searchParams);
  // Only in its plain form: what a parser had to mend, or has parts besides a place, was not made by us.
  return text === `mvm://${[link.host, ...parts].join('/')}` ? goTo(link.host, parts) : null;
}

/** The link among the words that a system starts the app with. */
export function linkAmong(argv: readonly string[]): string | null {
  return argv.find((word) => /^mvm:\/\//i.test(word)) ?? null;
}

const LONGEST = 4096;

function goTo(place: string, parts: string[]): WindowCommand | null {
  const [machine, tab] = parts;
  const isTab = tab === undefined || machineTabs.some((each) => each === tab);
  const isMachine = machine === undefined || (MACHINE.test(machine) && isTab);
  if (place === 'machines' && isMachine && parts.length <= 2)
    return { type: 'go', to: `/${[place, ...parts].join('/')}` };
  const address = [place, ...parts].join('/');
  return ['images', 'settings', 'settings/doctor'].includes(address) ? { type: 'go', to: `/${address}` } : null;
}

/** A machine's name or id, and an image's reference, as far as a link may name them. */
const MACHINE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;
const IMAGE = /^[A-Za-z0-9][A-Za-z0-9_./:@-]{0,511}$/;
const MOST_WORDS = 64;
const LONGEST_WORD = 1024;

function fillRun(query: URLSearchParams): WindowCommand | null {
  const allowed = ['image', 'arg', 'name', 'net'];
  if ([...query.keys()].some((key) => !allowed.includes(key))) return null;
  if (['image', 'name', 'net'].some((key) => query.getAll(key).length > 1)) return null;
  const image = query.get('image') ?? '';
  const command = query.getAll('arg');
  const name = query.get('name');
  const network = query.get('net');
  const wordsAreFit = command.length <= MOST_WORDS && command.every(isFitWord);
  if (!IMAGE.test(image) || !wordsAreFit || (name !== null && !MACHINE.test(name))) return null;
  if (network !== null && network !== 'none' && network !== 'user') return null;
  const request: RunDraft = { image, command, ...(name !== null && { name }), ...(network !== null && { network }) };
  return { type: 'fill-run', request };
}

/** What cannot be seen cannot be judged: no control characters, and none that turn the direction of text. */
const isFitWord = (word: string): boolean => word.length <= LONGEST_WORD && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(word);
