/** Keeps every page of the app what it is: it goes nowhere, opens nothing, embeds nothing and asks for no permission. */
import { app, session, shell, type WebContents } from 'electron';
import type { Log } from './log.ts';
import { isOurAddress } from './sender.ts';

/** Copying text to the clipboard is all that a page may ask of the system. */
const PERMITTED = new Set(['clipboard-sanitized-write']);

export function guardPages(log: Log): void {
  app.on('web-contents-created', (_event, page) => guard(page, log));
  session.defaultSession.setPermissionRequestHandler((page, permission, answer) => {
    const permitted = PERMITTED.has(permission) && isOurAddress(page.getURL());
    if (!permitted) log.line(`refused the permission ${permission} to ${page.getURL()}`);
    answer(permitted);
  });
  session.defaultSession.setPermissionCheckHandler(
    (_page, permission, origin) => PERMITTED.has(permission) && isOurAddress(origin),
  );
  session.defaultSession.on('will-download', (event, item) => {
    event.preventDefault();
    log.line(`refused a download of ${item.getURL()}`);
  });
}

function guard(page: WebContents, log: Log): void {
  page.on('will-frame-navigate', (event) => {
    if (event.isMainFrame && isOurAddress(event.url)) return;
    event.preventDefault();
    log.line(`refused to go to ${event.url}`);
  });
  page.on('will-redirect', (event) => {
    if (isOurAddress(event.url)) return;
    event.preventDefault();
    log.line(`refused to be led to ${event.url}`);
  });
  page.on('will-attach-webview', (event) => event.preventDefault());
  page.setWindowOpenHandler(({ url }) => {
    openOutside(url, log);
    return { action: 'deny' };
  });
}

/** A link of ours or one that a guest printed: the browser shows it, if it is one for a browser. */
function openOutside(address: string, log: Log): void {
  if (URL.canParse(address) && ['https:', 'http:'].includes(new URL(address).protocol))
    shell.openExternal(address).catch((error: Error) => log.line(`${address} cannot be opened: ${error.message}`));
  else log.line(`refused to open ${address}`);
}
