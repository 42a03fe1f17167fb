import { call } from '../../client/connect.ts';
import { MvmError } from '../../contract/errors.ts';
import { defineCommand, jsonOption } from '../command.ts';
import { findApp, startApp } from '../open-app.ts';
import { openInBrowser, writeOpener } from '../open-browser.ts';
import { printJson } from '../output.ts';

export const ui = defineCommand({
  name: 'ui',
  summary: 'Open the window, or its page in a browser',
  words: '',
  count: { least: 0, most: 0 },
  options: {
    browser: { kind: 'flag', help: 'Serve the page on a loopback port and open it in the browser' },
    'no-open': {
      kind: 'flag',
      help: 'With --browser: print the address alone; it opens the page once, within a minute',
    },
    close: { kind: 'flag', help: 'Close that port again, and cut off the pages that are open' },
    json: jsonOption,
  },
  notes: [
    'The port is closed unless --browser asked for it, and again when no page has used it for ten minutes. Other users of this computer cannot use it without the address, so treat that like a password for its minute.',
    'A page that is open goes on with the next service when this one ends, whatever command starts it; it cannot be loaded again there, and --browser opens another.',
  ],
  examples: ['ui', 'ui --browser', 'ui --browser --no-open', 'ui --close'],
  async handle(context, { browser, 'no-open': noOpen, close, json }) {
    if (close) {
      await call(context.service, 'closePage', {});
      return 0;
    }
    if (noOpen && !browser) throw new MvmError('usage', '--no-open is for --browser');
    if (!browser) {
      startApp(findApp() ?? absent());
      return 0;
    }
    const { address } = await call(context.service, 'openPage', {});
    if (json) printJson(context.stdout, { address });
    else if (noOpen) context.stdout.write(`${address}\n`);
    else {
      context.stderr.write(`Opens in your browser. If it does not, within a minute: ${address}\n`);
      await openInBrowser(writeOpener(context.service.home, address));
    }
    return 0;
  },
});

function absent(): never {
  throw new MvmError('ui.absent', 'the mvm app is not installed beside this mvm', {
    hint: "'mvm ui --browser' opens the same window in a browser; the packages of mvm bring the app.",
  });
}
