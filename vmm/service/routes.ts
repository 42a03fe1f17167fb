/** From method and address to operation and the fields that it names, derived from the contract. */
import { type CallName, operations, pathParts, type StreamName } from '../contract/operations.ts';

type Fields = Record<string, string>;

export type Route =
  | { found: 'call'; name: CallName; path: Fields; query: Fields }
  | { found: 'stream'; name: StreamName; path: Fields; query: Fields }
  | { found: 'none'; otherMethods: string[] };

/** `method` is null for a WebSocket. The path is one whose percent-encoding is sound. A call comes before a stream. */
export function route(method: string | null, url: URL): Route {
  const otherMethods: string[] = [];
  let stream: Route | null = null;
  for (const [name, operation] of Object.entries(operations)) {
    const path = match(operation.path, url.pathname);
    if (!path) continue;
    const query = Object.fromEntries(url.searchParams);
    if (operation.kind === 'stream') {
      stream = { found: 'stream', name: name as StreamName, path, query };
    } else if (operation.method === method) return { found: 'call', name: name as CallName, path, query };
    else otherMethods.push(operation.method);
  }
  return stream ?? { found: 'none', otherMethods };
}

function match(pattern: string, pathname: string): Record<string, string> | null {
  const parts = pathParts(pattern);
  const given = pathname.split('/').slice(1);
  if (parts.length !== given.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const value = given[index] ?? '';
    if ('literal' in part) {
      if (part.literal !== value) return null;
    } else parameters[part.parameter] = decodeURIComponent(value);
  }
  return parameters;
}
