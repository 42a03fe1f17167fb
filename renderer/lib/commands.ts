/** What menu, tray, global shortcut and links ask of a window. */
import type { WindowCommand } from '../../vmm/contract/bridge.ts';
import type { App } from './app.svelte.ts';

export function obey(app: App, command: WindowCommand): void {
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
      app.dialogs.show({ is: 'run', draft: command.request, begins: true });
      break;
    default:
      command satisfies never;
  }
}
