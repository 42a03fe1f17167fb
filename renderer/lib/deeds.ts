/** What each action does, and when it makes sense. The window never changes by itself: the service tells what became. */
import type { ActionId } from '../../vmm/contract/actions.ts';
import type { MachineState } from '../../vmm/contract/types.ts';
import type { Target } from './actions.svelte.ts';
import type { App } from './app.svelte.ts';
import { ofMachine } from './errors.ts';
import { imageDeeds } from './image-deeds.ts';
import type { MachineModel } from './machines.svelte.ts';
import type { Tab } from './route.svelte.ts';
import { shortId } from './words.ts';

export interface Deed {
  possible(target: Target): boolean;
  /** what it returns is awaited, and what it throws is told */
  perform(target: Target): unknown;
}

export function deeds(app: App): Record<ActionId, Deed> {
  return { ...appDeeds(app), ...machineDeeds(app), ...imageDeeds(app) };
}

type AppAction = 'run' | 'import-image' | 'shell' | 'close-terminal' | 'settings' | 'palette' | 'machines' | 'images';
type Showing = 'shells' | 'filter' | 'find' | 'keys' | 'doctor';

const always = (perform: () => unknown): Deed => ({ possible: () => true, perform });

function appDeeds(app: App): Record<AppAction | Showing, Deed> {
  const live = (perform: () => unknown): Deed => ({ possible: () => app.service.isLive, perform });
  return {
    run: live(() => app.dialogs.show({ is: 'run', draft: {} })),
    'import-image': live(async () => {
      const path = app.bridge.desktop ? await app.bridge.desktop.choose('archive') : '';
      if (path !== null) app.dialogs.show({ is: 'import', path });
    }),
    shell: live(() => app.terminals.open({ kind: 'shell' })),
    'close-terminal': {
      possible: () => app.service.isLive && app.terminals.current !== null,
      perform: () => app.terminals.current && app.terminals.close(app.terminals.current),
    },
    settings: always(() => app.route.go({ place: 'settings' })),
    palette: always(() => app.dialogs.show({ is: 'palette' })),
    machines: always(() => app.route.go({ place: 'machines' })),
    images: always(() => app.route.go({ place: 'images' })),
    shells: always(() => app.route.go({ place: 'shells' })),
    filter: { possible: () => filterField() !== null, perform: () => filterField()?.focus() },
    find: { possible: () => app.finder.isOffered, perform: () => app.finder.show() },
    keys: always(() => app.dialogs.show({ is: 'keys' })),
    doctor: always(() => app.route.go({ place: 'settings', item: 'doctor' })),
  };
}

const filterField = (): HTMLElement | null => document.querySelector<HTMLElement>('[data-filter]');

type MachineAction =
  | 'start'
  | 'stop'
  | 'restart'
  | 'pause'
  | 'resume'
  | 'kill'
  | 'terminal'
  | 'console'
  | 'logs'
  | 'files'
  | 'inspect'
  | 'rename'
  | 'copy-id'
  | 'remove';

function machineDeeds(app: App): Record<MachineAction, Deed> {
  const on = (
    states: readonly MachineState['name'][] | 'all',
    perform: (machine: MachineModel) => unknown,
    also: (machine: MachineModel) => boolean = () => true,
  ): Deed => ({
    possible: ({ machine }) =>
      !!machine &&
      app.service.isLive &&
      (states === 'all' || states.includes(machine.snapshot.state.name)) &&
      also(machine),
    perform: ({ machine }) => (machine ? perform(machine) : undefined),
  });
  const show = (tab: Tab): Deed => ({
    possible: ({ machine }) => !!machine,
    perform: ({ machine }) => machine && app.route.go({ place: 'machines', item: machine.id, tab }),
  });
  const call = (name: 'start' | 'stop' | 'restart' | 'pause' | 'resume' | 'kill') => (machine: MachineModel) =>
    app.service.call(name, { machine: machine.id });
  return {
    start: on(['created', 'stopped', 'failed'], call('start'), isKept),
    stop: on(['starting', 'running', 'paused'], call('stop')),
    restart: on(['running', 'paused'], call('restart'), isKept),
    pause: on(['running'], call('pause')),
    resume: on(['paused'], call('resume')),
    kill: on(['running', 'stopping'], call('kill')),
    terminal: on(['running'], (machine) => app.terminals.open({ kind: 'exec', machine: machine.id, command: [] })),
    console: show('console'),
    logs: show('logs'),
    files: show('files'),
    inspect: show('inspect'),
    rename: on('all', (machine) => app.dialogs.show({ is: 'rename', machine })),
    'copy-id': {
      possible: ({ machine }) => !!machine,
      async perform({ machine }) {
        if (!machine) return;
        await navigator.clipboard.writeText(machine.id);
        app.toasts.say(`Copied ${shortId(machine.id)}…, the id of ${machine.snapshot.name}`);
      },
    },
    remove: on('all', (machine) => askToRemove(app, machine)),
  };
}

/** What is removed at its end cannot be started again. */
const isKept = ({ snapshot }: MachineModel): boolean => !snapshot.spec.ephemeral;

function askToRemove(app: App, machine: MachineModel): void {
  const { name } = machine.snapshot;
  const ends = machine.isLive ? 'Its program is ended, and its' : 'Its';
  app.dialogs.ask({
    title: `Remove ${name}?`,
    text: `${ends} disk goes with it. This cannot be undone.`,
    command: machine.isLive ? `mvm rm --force ${name}` : `mvm rm ${name}`,
    verb: 'Remove',
    perform: () => {
      app.service
        .call('remove', { machine: machine.id, force: machine.isLive })
        .then(() => app.toasts.say(`Removed ${name}`))
        .catch((error: unknown) => app.toasts.complain(ofMachine(name, error)));
    },
  });
}
