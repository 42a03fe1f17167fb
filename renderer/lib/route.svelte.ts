/** Where the window is, as its address says it after the `#`. */
export type Place = 'machines' | 'images' | 'shells' | 'settings' | 'launcher';

const PLACES: readonly string[] = ['machines', 'images', 'shells', 'settings', 'launcher'] satisfies Place[];

const TABS = ['overview', 'terminal', 'console', 'logs', 'processes', 'ports', 'inspect'] as const;
export type Tab = (typeof TABS)[number];

export interface Where {
  place: Place;
  /** the machine, image or section that is open there */
  item: string | null;
  tab: Tab;
}

/** An address that leads nowhere shows the machines. */
export function readAddress(hash: string): Where {
  const [place = '', item = '', tab = ''] = hash
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decode);
  if (!PLACES.includes(place)) return { place: 'machines', item: null, tab: 'overview' };
  return {
    place: place as Place,
    item: item || null,
    tab: TABS.find((each) => each === tab) ?? 'overview',
  };
}

export function addressOf({ place, item, tab }: { place: Place; item?: string | null; tab?: Tab }): string {
  const parts = [place, ...(item ? [item] : []), ...(item && tab && tab !== 'overview' ? [tab] : [])];
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}

export class Route {
  where: Where = $state.raw(readAddress(''));

  /** Follows the address until the returned function is called. */
  follow(window: Pick<Window, 'location' | 'addEventListener' | 'removeEventListener'>): () => void {
    const read = () => {
      this.where = readAddress(window.location.hash);
    };
    read();
    window.addEventListener('hashchange', read);
    return () => window.removeEventListener('hashchange', read);
  }

  go(to: Parameters<typeof addressOf>[0]): void {
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
