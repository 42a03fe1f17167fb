import { createContext } from 'svelte';
import type { Bridge } from '../../vmm/contract/bridge.ts';
import { Clock } from './clock.svelte.ts';
import { Route } from './route.svelte.ts';
import { Service } from './service.svelte.ts';

/** What a window has one of. */
export class App {
  readonly bridge: Bridge;
  readonly service: Service;
  readonly route = new Route();
  readonly clock = new Clock();

  constructor(bridge: Bridge) {
    this.bridge = bridge;
    this.service = new Service(bridge);
  }
}

export const [, setApp] = createContext<App>();
