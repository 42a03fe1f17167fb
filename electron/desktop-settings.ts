/** What the person chose for the app on this desktop; what machines are like, the service's settings say. */
import type { DesktopSettings } from '../vmm/contract/bridge.ts';
import { MvmError } from '../vmm/contract/errors.ts';
import { readSaved, save } from './saved.ts';

/** Kept in the app's file; the others are read from where they take effect. */
export type KeptSettings = Pick<DesktopSettings, 'theme' | 'launcherKeys' | 'updates'>;

const DEFAULTS: KeptSettings = { theme: 'system', launcherKeys: '', updates: null };

const checks: { [Name in keyof DesktopSettings]: (value: unknown) => boolean } = {
  theme: (value) => value === 'system' || value === 'light' || value === 'dark',
  startAtLogin: (value) => typeof value === 'boolean',
  commandLine: (value) => typeof value === 'boolean',
  launcherKeys: (value) => typeof value === 'string' && (value === '' || isAccelerator(value)),
  updates: (value) => value === null || value === 'stable' || value === 'preview',
};

/** One key with a modifier that no ordinary typing holds: a global shortcut takes its keys from every other program. */
function isAccelerator(text: string): boolean {
  const parts = text.split('+');
  const key = parts.pop() ?? '';
  const modifiers = new Set(parts);
  const known = ['Control', 'Alt', 'Shift', 'Super', 'Command', 'CommandOrControl'];
  const strong = ['Control', 'Alt', 'Super', 'Command', 'CommandOrControl'];
  return (
    /^([A-Z0-9]|F([1-9]|1\d|2[0-4])|Space|Tab|Enter|Up|Down|Left|Right|Home|End)$/.test(key) &&
    modifiers.size === parts.length &&
    parts.every((each) => known.includes(each)) &&
    strong.some((each) => modifiers.has(each))
  );
}

/** What may be chosen is returned as it is kept. @throws MvmError `desktop.invalid` */
export function checkChange(change: unknown): Partial<DesktopSettings> {
  if (typeof change !== 'object' || change === null) throw invalid('a change is an object');
  const wanted = { ...change, ...('launcherKeys' in change && { launcherKeys: asKept(change.launcherKeys) }) };
  for (const [name, value] of Object.entries(wanted)) {
    if (!Object.hasOwn(checks, name)) throw invalid(`there is no setting '${name.slice(0, 100)}'`);
    if (checks[name as keyof DesktopSettings](value)) continue;
    throw name === 'launcherKeys' ? noKeys(String(value)) : invalid(`${name} does not take that value`);
  }
  return wanted as Partial<DesktopSettings>;
}

/** As people write keys, and as this app shows them: `ctrl + alt + space`, `Ctrl Alt Space`. */
function asKept(keys: unknown): unknown {
  if (typeof keys !== 'string') return keys;
  const parts = keys.split(/\s*\+\s*|\s+/).filter(Boolean);
  return parts.map((part) => SHORT[part.toLowerCase()] ?? part.charAt(0).toUpperCase() + part.slice(1)).join('+');
}

const SHORT: Record<string, string> = {
  ctrl: 'Control',
  option: 'Alt',
  cmd: 'Command',
  commandorcontrol: 'CommandOrControl',
};

const invalid = (message: string, hint?: string): MvmError =>
  new MvmError('desktop.invalid', message, hint === undefined ? {} : { hint });

const noKeys = (keys: string): MvmError =>
  invalid(
    `'${keys.slice(0, 100)}' are no keys for the launcher`,
    'One key together with Ctrl, Alt or Super, such as Ctrl+Alt+Space.',
  );

/** A value that does not fit any more counts as not chosen. */
export function readKept(file: string): KeptSettings {
  const saved = (readSaved(file) ?? {}) as Record<string, unknown>;
  const fitting = Object.keys(DEFAULTS).filter((name) => checks[name as keyof KeptSettings](saved[name]));
  return { ...DEFAULTS, ...Object.fromEntries(fitting.map((name) => [name, saved[name]])) };
}

export function keep(file: string, settings: KeptSettings): void {
  save(file, settings);
}
