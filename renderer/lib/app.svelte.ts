import { createContext } from 'svelte';
import type { Bridge } from '../../vmm/contract/bridge.ts';
import type { Image } from '../../vmm/contract/types.ts';
import { Actions } from './actions.svelte.ts';
import { Clock } from './clock.svelte.ts';
import { Copies } from './copies.svelte.ts';
import { Dialogs } from './dialogs.svelte.ts';
import { Doctor } from './doctor.svelte.ts';
import { Finder } from './finder.svelte.ts';
import type { Folder } from './folder.svelte.ts';
import { Imports } from './imports.svelte.ts';
import type { KeyStyle } from './keys.ts';
import type { Wish } from './launch.svelte.ts';
import type { MachineModel } from './machines.svelte.ts';
import { Preferences } from './preferences.svelte.ts';
import { Route } from './route.svelte.ts';
import { Service } from './service.svelte.ts';
import { Stats } from './stats.svelte.ts';
import { Terminals } from './terminals.svelte.ts';
import { Toasts } from './toasts.svelte.ts';

/** What a window has one of. */
export class App {
  readonly bridge: Bridge;
  readonly service: Service;
  readonly preferences: Preferences;
  readonly stats: Stats;
  readonly doctor: Doctor;
  readonly keyStyle: KeyStyle;
  readonly actions: Actions;
  readonly route = new Route();
  readonly clock = new Clock();
  readonly toasts = new Toasts();
  readonly dialogs = new Dialogs();
  readonly finder = new Finder();
  readonly imports = new Imports(this);
  readonly copies = new Copies(this);
  readonly terminals = new Terminals(this);
  /** the first minute is shown; null while that is not known */
  isFirst: boolean | null = $state(null);
  /** what the tray asked to run in place */
  readonly launcher: { wanted: Wish | null } = $state({ wanted: null });
  /** the folder of a machine that is shown, and takes what is dropped on it */
  folder: Folder | null = $state.raw(null);
  /** the row that has the keyboard, before what the address names */
  focused: { machine?: MachineModel | null; image?: Image | null } = $state.raw({});

  constructor(bridge: Bridge) {
    this.bridge = bridge;
    this.keyStyle = keyStyle(bridge.platform);
    this.service = new Service(bridge);
    this.preferences = new Preferences(bridge, this.service);
    this.doctor = new Doctor(this.service);
    this.stats = new Stats(this.service);
    this.actions = new Actions(this);
  }

  /** The machine that is open, whether or not it is still there. */
  readonly opened: MachineModel | null = $derived.by(() => {
    const { place, item } = this.route.where;
    return place === 'machines' && item ? this.service.machines.find(item) : null;
  });

  /** What an action acts on that was given nothing. */
  readonly chosen: { machine: MachineModel | null; image: Image | null } = $derived.by(() => ({
    machine: this.focused.machine ?? this.opened,
    image: this.focused.image ?? null,
  }));
}

function keyStyle(platform: Bridge['platform']): KeyStyle {
  if (platform === 'browser') return /Mac/.test(navigator.userAgent) ? 'mac' : 'words';
  return platform === 'mac' ? 'mac' : 'words';
}

export const [getApp, setApp] = createContext<App>();
