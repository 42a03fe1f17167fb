/** What can be asked for in tray, menus, notifications and by the global shortcut, and its doing. */
import { call, type ServiceOptions } from '../vmm/client/connect.ts';
import type { ActionId } from '../vmm/contract/actions.ts';
import type { RunDraft, WindowCommand } from '../vmm/contract/bridge.ts';
import { isLive } from '../vmm/contract/live.ts';
import type { Machine } from '../vmm/contract/types.ts';

type OnMachine = 'terminal' | 'show' | 'console' | 'pause' | 'resume' | 'restart' | 'stop';

export type Deed =
  | {
      type:
        | 'open'
        | 'launcher'
        | 'settings'
        | 'pause-all'
        | 'resume-all'
        | 'quit'
        | 'stop-all-and-quit'
        | 'restart-app';
    }
  | { [Verb in OnMachine]: { type: Verb; machine: string } }[OnMachine]
  | { type: 'run'; request: RunDraft }
  | { type: 'action'; action: ActionId };

export interface Doer {
  service: ServiceOptions;
  machines(): Machine[];
  /** opens the window and has it do this; without a command it just opens */
  window(command?: WindowCommand): void;
  launcher(command?: WindowCommand): void;
  quit(): void;
  restart(): void;
  /** tells the person what was not done, and why */
  failed(what: string, error: unknown): void;
}

export async function perform(deed: Deed, doer: Doer): Promise<void> {
  const { service } = doer;
  switch (deed.type) {
    case 'open':
      return doer.window();
    case 'settings':
      return doer.window({ type: 'go', to: '/settings' });
    case 'show':
      return doer.window({ type: 'go', to: `/machines/${deed.machine}` });
    case 'console':
      return doer.window({ type: 'go', to: `/machines/${deed.machine}/console` });
    case 'terminal':
      await attempt(doer, `No terminal was opened in ${nameOf(doer, deed.machine)}`, () =>
        openTerminal(service, deed.machine),
      );
      return doer.window({ type: 'go', to: `/machines/${deed.machine}/terminal` });
    case 'action':
      return doer.window({ type: 'action', action: deed.action });
    case 'launcher':
      return doer.launcher();
    case 'run':
      return run(deed.request, doer);
    case 'pause':
    case 'resume':
    case 'restart':
    case 'stop':
      return ask(doer, deed.type, deed.machine);
    case 'pause-all':
      return onAll(doer, 'pause', 'running');
    case 'resume-all':
      return onAll(doer, 'resume', 'paused');
    case 'quit':
      return doer.quit();
    case 'restart-app':
      return doer.restart();
    case 'stop-all-and-quit':
      await Promise.all(
        doer
          .machines()
          .filter(({ state }) => isLive(state))
          .map(({ id }) => ask(doer, 'stop', id)),
      );
      return doer.quit();
    default:
      deed satisfies never;
  }
}

/** The window that shows it makes it as large as it is itself. */
const openTerminal = (service: ServiceOptions, machine: string) =>
  call(service, 'openTerminal', { kind: 'exec', machine, command: [], size: { columns: 80, rows: 24 } });

/**
 * At a terminal, or to be kept, it needs the window; without values for its variables, the person; else the launcher
 * shows it to its end.
 */
function run(request: RunDraft, { window, launcher }: Doer): void {
  if (request.env?.some((pair) => pair.endsWith('='))) window({ type: 'fill-run', request });
  else if (request.tty || request.detach) window({ type: 'run', request });
  else launcher({ type: 'run', request });
}

async function onAll(doer: Doer, verb: 'pause' | 'resume', state: Machine['state']['name']): Promise<void> {
  const machines = doer.machines().filter((machine) => machine.state.name === state);
  await Promise.all(machines.map(({ id }) => ask(doer, verb, id)));
}

const DONE = { pause: 'paused', resume: 'resumed', restart: 'restarted', stop: 'stopped' };

const ask = (doer: Doer, verb: keyof typeof DONE, machine: string): Promise<void> =>
  attempt(doer, `${nameOf(doer, machine)} was not ${DONE[verb]}`, () => call(doer.service, verb, { machine }));

const nameOf = ({ machines }: Doer, machine: string): string =>
  machines().find(({ id }) => id === machine)?.name ?? 'The machine';

async function attempt(doer: Doer, what: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    doer.failed(what, error);
  }
}
