/** Serves the window's page under the app's own scheme. */
import { protocol } from 'electron';
import type { Log } from './log.ts';
import { answerPart } from './page-parts.ts';
import { SCHEME } from './sender.ts';

/** Must be called before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

export function servePage(folder: string, log: Log): void {
  protocol.handle(SCHEME, (request) => answerPart(folder, request, log));
}
