/** Keys as the table of actions writes them: as a person reads them, and as a keyboard event says them. */
export type KeyStyle = 'mac' | 'words';

const MAC: Record<string, string> = { Mod: '⌘', Shift: '⇧', Alt: '⌥', Enter: '↩', Backspace: '⌫', Escape: 'Esc' };
const WORDS: Record<string, string> = { Mod: 'Ctrl', Escape: 'Esc', Delete: 'Del' };

/** `⌘⇧T` on a Mac, `Ctrl Shift T` elsewhere. */
export function readable(keys: string, style: KeyStyle): string {
  const parts = keys.split('+');
  return style === 'mac'
    ? parts.map((part) => MAC[part] ?? part).join('')
    : parts.map((part) => WORDS[part] ?? part).join(' ');
}

/** For `aria-keyshortcuts`, which has its own names. */
export function ariaKeys(keys: string, style: KeyStyle): string {
  return keys.replace('Mod', style === 'mac' ? 'Meta' : 'Control');
}

export interface Pressed {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** Letters and digits go by their place on the keyboard too: with Alt or Shift the sign differs. */
export function matches(keys: string, event: Pressed, style: KeyStyle): boolean {
  const parts = keys.split('+');
  const wanted = parts.at(-1) ?? '';
  const mod = parts.includes('Mod');
  const isMod = style === 'mac' ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  const noMod = !event.metaKey && !event.ctrlKey;
  if (mod ? !isMod : !noMod) return false;
  if (parts.includes('Alt') !== event.altKey) return false;
  const isSign = !/^[A-Z0-9]$|^[A-Z][a-z]/.test(wanted);
  if (!isSign && parts.includes('Shift') !== event.shiftKey) return false;
  return (
    event.key.toUpperCase() === wanted.toUpperCase() || event.code === `Key${wanted}` || event.code === `Digit${wanted}`
  );
}
