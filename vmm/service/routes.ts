/** From method and address to operation and input, derived from the contract. */
import { type CallName, operations, pathParts, type StreamName } from '../contract/operations.ts';

export type Route =
  | { found: 'call'; name: CallName; input: Record<string, unknown> }
  | { found: 'stream'; name: StreamName; input: Record<string, unknown> }
  | { found: 'none'; otherMethods: string[] };

/** `method` is null for a WebSocket. Path parameters and query become the input; a body is added by the caller. */
export function route(method: string | null, url: URL): Route {
  const otherMethods: string[] = [];
  for (const [name, operation] of Object.entries(operations)) {
    const parameters = match(operation.path, url.pathname);
    if (!parameters) continue;
    const input = { ...Object.fromEntries(url.searchParams), ...parameters };
    if (operation.kind === 'stream') {
      if (method === null) return { found: 'stream', name: name as StreamName, input };
    } else if (operation.method === method) return { found: 'call', name: name as CallName, input };
    else otherMethods.push(operation.method);
  }
  return { found: 'none', otherMethods };
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
    } else {
      const decoded = decode(value);
      if (decoded === null) return null;
      parameters[part.parameter] = decoded;
    }
  }
  return parameters;
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    // A broken percent escape names nothing.
    return null;
  }
}
