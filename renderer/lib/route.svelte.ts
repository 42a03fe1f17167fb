/** Where the window is, as its address says it after the `#`. */
import { type MachineTab, machineTabs } from '../../vmm/contract/machine-tabs.ts';

export type Place = 'machines' | 'images' | 'shells' | 'settings' | 'launcher';

const PLACES: readonly string[] = ['machines', 'images', 'shells', 'settings', 'launcher'] satisfies Place[];

export type Tab = MachineTab;

export interface Where {
  place: Place;
  /** the machine, image or section that is open there */
  item: string | null;
  tab: Tab;
  /** in the machine, of the files that are shown */
  path: string | null;
}

/** An address that leads nowhere shows the machines. */
export function readAddress(hash: string): Where {
  const [place = '', item = '', tab = '', path = ''] = hash
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decode);
  if (!PLACES.includes(place)) return { place: 'machines', item: null, tab: 'overview', path: null };
  return {
    place: place as Place,
    item: item || null,
    tab: machineTabs.find((each) => each === tab) ?? 'overview',
    path: tab === 'files' && path ? path : null,
  };
}

export interface Way {
  place: Place;
  item?: string | null;
  tab?: Tab;
  path?: string | null;
}

export function addressOf({ place, item, tab, path }: Way): string {
  const within = item && tab && tab !== 'overview' ? [tab, ...(path ? [path] : [])] : [];
  return `#/${[place, ...(item ? [item] : []), ...within].map(encodeURIComponent).join('/')}`;
}

export class Route {
  where: Where = $state.raw(readAddress(''));

  /** Follows the address for as long as the page is there. */
  follow(window: Pick<Window, 'location' | 'addEventListener'>): void {
    const read = () => {
      this.where = readAddress(window.location.hash);
    };
    read();
    window.addEventListener('hashchange', read);
  }

  go(to: Way): void {
    location.hash = addressOf(to);
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A broken percent escape names nothing.
    return '';
  }
}
