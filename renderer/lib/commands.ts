/** What menu, tray, global shortcut and links ask of a window. */
import type { WindowCommand } from '../../vmm/contract/bridge.ts';
import { completeRun } from '../../vmm/contract/run-defaults.ts';
import type { App } from './app.svelte.ts';

export function obey(app: App, command: WindowCommand): void {
  app.isFirst = false;
  switch (command.type) {
    case 'action':
      app.actions.perform(command.action);
      break;
    case 'go':
      location.hash = `#${command.to}`;
      break;
    case 'fill-run':
      app.dialogs.show({ is: 'run', draft: command.request });
      break;
    case 'run':
      if (app.route.where.place === 'launcher') app.launcher.wanted = completeRun(command.request);
      else app.dialogs.show({ is: 'run', draft: command.request, begins: true });
      break;
    default:
      command satisfies never;
  }
}
