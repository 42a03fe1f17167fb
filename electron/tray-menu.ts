/** The tray's menu, from what is known of the service: pure. Native menus take plain labels, so a figure is part of one. */
import { isLive } from '../vmm/contract/live.ts';
import type { HistoryEntry, Machine } from '../vmm/contract/types.ts';
import type { Deed } from './deeds.ts';
import type { Desk, PinnedCommand } from './desk.ts';
import { againOf, imageRun } from './drafts.ts';
import type { Platform } from './platform.ts';

export type MenuEntry =
  | { label: string; does: Deed; enabled?: boolean; keys?: string }
  | { label: string; submenu: MenuEntry[] }
  /** says something and does nothing */
  | { head: string }
  | 'line';

export interface TrayView {
  desk: Desk;
  /** programs of the windows, which end with them */
  programs: number;
  launcherKeys: string;
}

const MOST_RECENT = 10;
const LONGEST_LABEL = 48;

export function trayMenu({ desk, programs, launcherKeys }: TrayView, platform: Platform): MenuEntry[] {
  const live = desk.machines.filter(({ state }) => isLive(state));
  return sections([
    [{ head: headline(desk, live) }, ...live.map((machine) => ofMachine(machine, platform)), ...all(live)],
    titled(
      'Run again',
      recent(desk.history).map(({ label, entry }) => item(label, { type: 'run', request: againOf(entry) }, platform)),
    ),
    titled('Pinned', [
      ...desk.pins.images.map((image) => item(image, { type: 'run', request: imageRun(image) }, platform)),
      ...desk.pins.commands.map((pin) => item(commandLabel(pin), { type: 'run', request: pin }, platform)),
    ]),
    [
      { label: 'Open mvm', does: { type: 'open' } },
      { label: 'Launcher', does: { type: 'launcher' }, ...(launcherKeys && { keys: launcherKeys }) },
      { label: 'Settings…', does: { type: 'settings' } },
    ],
    leaving(live.length, programs),
  ]);
}

/** What becomes of the machines is part of the words. */
export function leaving(live: number, programs: number): MenuEntry[] {
  const ends = Math.min(programs, live);
  const kept = live - ends;
  if (live === 0) return [{ label: 'Quit', does: { type: 'quit' } }];
  const words = [kept > 0 && `keep ${kept} running`, ends > 0 && `end ${ends}`].filter(Boolean).join(', ');
  return [
    { label: `Quit, ${words}`, does: { type: 'quit' } },
    { label: 'Stop all and quit', does: { type: 'stop-all-and-quit' } },
  ];
}

function headline({ connected }: Desk, live: Machine[]): string {
  if (!connected) return 'The mvm service is not there';
  const running = live.filter(({ state }) => state.name === 'running').length;
  const paused = live.filter(({ state }) => state.name === 'paused').length;
  if (live.length === 0) return 'No machine runs';
  return [`${running} running`, paused > 0 && `${paused} paused`].filter(Boolean).join(', ');
}

function ofMachine(machine: Machine, platform: Platform): MenuEntry {
  const { id, name, state } = machine;
  const runs = state.name === 'running';
  const deed = (type: 'terminal' | 'show' | 'console' | 'pause' | 'resume' | 'restart' | 'stop'): Deed => ({
    type,
    machine: id,
  });
  return {
    label: oneLine(runs ? name : `${name} · ${state.name}`, platform),
    submenu: [
      { label: 'New terminal', does: deed('terminal'), enabled: runs },
      'line',
      { label: 'Show', does: deed('show') },
      { label: 'Console', does: deed('console') },
      'line',
      state.name === 'paused'
        ? { label: 'Resume', does: deed('resume') }
        : { label: 'Pause', does: deed('pause'), enabled: runs },
      { label: 'Restart', does: deed('restart'), enabled: runs && !machine.spec.ephemeral },
      { label: 'Stop', does: deed('stop'), enabled: state.name !== 'stopping' },
    ],
  };
}

function all(live: Machine[]): MenuEntry[] {
  if (live.some(({ state }) => state.name === 'running')) return [{ label: 'Pause all', does: { type: 'pause-all' } }];
  const paused = live.some(({ state }) => state.name === 'paused');
  return paused ? [{ label: 'Resume all', does: { type: 'resume-all' } }] : [];
}

/** The same command line is listed once, as it ran last. */
function recent(history: HistoryEntry[]): { label: string; entry: HistoryEntry }[] {
  const byLabel = new Map<string, HistoryEntry>();
  for (const entry of history) {
    const label = pastLabel(entry);
    if (!byLabel.has(label)) byLabel.set(label, entry);
    if (byLabel.size === MOST_RECENT) break;
  }
  return [...byLabel].map(([label, entry]) => ({ label, entry }));
}

const pastLabel = ({ request, image, argv }: HistoryEntry): string =>
  request ? commandLabel(request) : `${argv.join(' ')} · ${image}`;

const commandLabel = ({ image, command }: PinnedCommand): string =>
  command.length > 0 ? `${command.join(' ')} · ${image}` : image;

const item = (label: string, does: Deed, platform: Platform): MenuEntry => ({ label: oneLine(label, platform), does });

/** One line of a menu, whatever a guest or a command line put there. */
function oneLine(text: string, { menuHasMnemonics }: Platform): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  const short = [...line].length > LONGEST_LABEL ? `${[...line].slice(0, LONGEST_LABEL - 1).join('')}…` : line;
  return menuHasMnemonics ? short.replaceAll('&', '&&') : short;
}

const titled = (head: string, entries: MenuEntry[]): MenuEntry[] => (entries.length > 0 ? [{ head }, ...entries] : []);

const sections = (all: MenuEntry[][]): MenuEntry[] =>
  all
    .filter((section) => section.length > 0)
    .flatMap((section, index): MenuEntry[] => (index === 0 ? section : ['line', ...section]));
