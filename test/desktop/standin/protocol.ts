/** Schemes of the app's own: `app://mvm/x` is served as `https://mvm.app.localhost/x`, a secure context as well. */
import type { Route } from 'playwright-core';
import { app } from './app.ts';
import { tell } from './record.ts';

type Handler = (request: Request) => Promise<Response> | Response;

const schemes = new Map<string, Handler | null>();

export const protocol = {
  registerSchemesAsPrivileged(list: { scheme: string }[]): void {
    if (app.isReady()) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready');
    for (const { scheme } of list) schemes.set(scheme, null);
  },
  handle(scheme: string, handler: Handler): void {
    if (schemes.get(scheme)) throw new Error(`Failed to register protocol: ${scheme}`);
    schemes.set(scheme, handler);
  },
};

export function toWeb(url: string): string {
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(url);
  if (!parts?.[1] || !schemes.has(parts[1])) return url;
  return `https://${parts[2]}.${parts[1]}.localhost${parts[3] || '/'}`;
}

export function fromWeb(url: string): string {
  return url.replace(/^https:\/\/([^/]+)\.([a-z0-9+-]+)\.localhost(?=[/?#]|$)/, (whole, host, scheme) =>
    schemes.has(scheme) ? `${scheme}://${host}` : whole,
  );
}

/** Answers a request of a page as the app's handler does. */
export async function serve(route: Route): Promise<void> {
  const request = route.request();
  const url = fromWeb(request.url());
  const handler = schemes.get(url.slice(0, url.indexOf(':')));
  if (!handler) return route.continue();
  try {
    const asked = new Request('https://stand.in/', { method: request.method(), headers: request.headers() });
    Object.defineProperty(asked, 'url', { value: url });
    const answer = await handler(asked);
    const body = Buffer.from(await answer.arrayBuffer());
    await route.fulfill({ status: answer.status, headers: Object.fromEntries(answer.headers), body });
  } catch (error) {
    tell('protocol-error', { url, error: String(error) });
    // The page may be gone by now.
    await route.abort('failed').catch(() => undefined);
  }
}
