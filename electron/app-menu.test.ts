import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, it } from 'vitest';
import { type ActionId, actionIds, actions } from '../vmm/contract/actions.ts';
import { appMenu } from './app-menu.ts';
import type { Deed } from './deeds.ts';
import { platformOf } from './platform.ts';

type Item = MenuItemConstructorOptions;

const all = (template: Item[]): Item[] =>
  template.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? all(item.submenu) : [])]);

function build(offered: ReadonlySet<ActionId> | null, platform: NodeJS.Platform = 'linux') {
  const done: Deed[] = [];
  const items = all(appMenu({ offered, live: 2, programs: 0 }, platformOf(platform), (deed) => done.push(deed)));
  return { items, done, item: (id: string) => items.find((each) => each.id === id) };
}

describe("the application's menu", () => {
  it.each(['linux', 'darwin', 'win32'] as const)('has every action of the table once, on %s', (platform) => {
    const ids = build(null, platform).items.flatMap(({ id }) => (id === undefined ? [] : [id]));
    expect(ids.toSorted()).toEqual(actionIds.toSorted());
  });

  it('gives no two actions the same keys', () => {
    const keys = actionIds.flatMap((id) => actions[id].keys ?? []);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('greys what makes no sense now', () => {
    expect(build(null).item('stop')?.enabled).toBe(false);
    expect(build(null).item('run')?.enabled).toBe(true);
    const { item } = build(new Set<ActionId>(['stop']));
    expect(item('stop')?.enabled).toBe(true);
    expect(item('start')?.enabled).toBe(false);
  });

  it('hands an action to the window, and says what quitting does', () => {
    const { item, items, done } = build(null);
    item('run')?.click?.({} as never, undefined, {} as never);
    expect(done).toEqual([{ type: 'action', action: 'run' }]);
    expect(items.find(({ label }) => label === 'Quit, keep 2 running')?.accelerator).toBe('CommandOrControl+Q');
  });
});
