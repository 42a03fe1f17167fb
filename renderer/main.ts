/** The page of every window: in the desktop app through its bridge, in a browser through the loopback door. */
import { mount } from 'svelte';
import type { Bridge } from '../vmm/contract/bridge.ts';
import { App } from './lib/app.svelte.ts';
import { browserBridge } from './lib/browser.ts';
import { browserKey } from './lib/browser-key.ts';
import { parts } from './lib/parts.svelte.ts';
import Root from './views/Root.svelte';

declare global {
  interface Window {
    readonly mvm?: Bridge;
  }
}

/** In a function, for the bundler keeps a script together only when no module of it waits. */
async function show(): Promise<void> {
  const app = new App(window.mvm ?? browserBridge(await browserKey()));
  app.route.follow(window);
  app.service.connect();
  // What the preload has heard by now comes in this step: the first picture is of the machines then, not of their wait.
  await Promise.resolve();
  // Who calls the launcher types at once.
  if (app.route.where.place === 'launcher') await parts.launcher.fetch();
  mount(Root, { target: document.body, props: { app } });
}

void show();
