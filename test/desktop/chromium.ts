/** Debian's Chromium, as tests and benches start it. */
import { type Browser, chromium } from 'playwright-core';

/** Without the background flags, Chromium asks its maker's hosts at every start; without WebGL, xterm draws text. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-3d-apis',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS });
