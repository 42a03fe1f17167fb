import { describe, expect, it } from 'vitest';
import { actionIds, actions } from '../../vmm/contract/actions.ts';
import { icons } from './icons.ts';
import { type KeyStyle, matches, type Pressed, readable } from './keys.ts';

const press = (key: string, more: Partial<Pressed> = {}): Pressed => ({
  key,
  code: /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : '',
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...more,
});

describe('keys', () => {
  it('read as each system writes them', () => {
    expect(readable('Mod+Shift+T', 'mac')).toBe('⌘⇧T');
    expect(readable('Mod+Shift+T', 'words')).toBe('Ctrl Shift T');
  });

  it.each<[string, Pressed, KeyStyle, boolean]>([
    ['Mod+K', press('k', { ctrlKey: true }), 'words', true],
    ['Mod+K', press('k', { metaKey: true }), 'mac', true],
    ['Mod+K', press('k', { ctrlKey: true }), 'mac', false],
    ['Mod+K', press('K', { ctrlKey: true, shiftKey: true }), 'words', false],
    ['Alt+N', press('ñ', { altKey: true, code: 'KeyN' }), 'words', true],
    ['Mod+/', press('/', { ctrlKey: true, shiftKey: true }), 'words', true],
    ['/', press('/'), 'words', true],
    ['/', press('/', { ctrlKey: true }), 'words', false],
    ['F2', press('F2'), 'words', true],
    ['Mod+Backspace', press('Backspace', { metaKey: true }), 'mac', true],
  ])('%s is pressed by %j on %s: %s', (keys, event, style, expected) => {
    expect(matches(keys, event, style)).toBe(expected);
  });

  it.each(['keys', 'browserKeys'] as const)('are one action’s alone (%s)', (which) => {
    const used = actionIds.map((id) =>
      which === 'keys' ? actions[id].keys : (actions[id].browserKeys ?? actions[id].keys),
    );
    const given = used.filter((keys) => keys !== undefined);
    expect(new Set(given).size).toBe(given.length);
  });

  it('and an icon are there for every action that names one', () => {
    expect(actionIds.filter((id) => !(actions[id].icon in icons))).toEqual([]);
  });
});
