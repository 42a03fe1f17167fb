/** The page of every window: in the desktop app through its bridge, in a browser through the loopback door. */
import { mount } from 'svelte';
import type { Bridge } from '../vmm/contract/bridge.ts';
import { browserBridge } from './lib/browser.ts';
import { browserKey } from './lib/browser-key.ts';
import Root from './views/Root.svelte';

declare global {
  interface Window {
    readonly mvm?: Bridge;
  }
}

mount(Root, { target: document.body, props: { bridge: window.mvm ?? browserBridge(await browserKey()) } });
