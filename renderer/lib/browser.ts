/** The bridge of a page in a browser: HTTP and WebSocket to the loopback door that served it. */
import type { Bridge, OpenStream, StreamHandlers } from '../../vmm/contract/bridge.ts';
import {
  addressOf,
  type CallName,
  type InputOf,
  type OutputOf,
  operations,
  type StreamName,
} from '../../vmm/contract/operations.ts';
import type { ErrorBody } from '../../vmm/contract/types.ts';
import { VERSION } from '../../vmm/contract/version.ts';

/** `key` opens the door; it is sent as a header and as a stream's first message, never as a cookie: those ignore ports. */
export function browserBridge(key: string | null): Bridge {
  return {
    platform: 'browser',
    version: VERSION,
    call: (name, input) => call(key, name, input),
    open: (name, input, handlers) => open(key, name, input, handlers),
    onCommand: () => () => undefined,
    pathOf: () => null,
    desktop: null,
  };
}

async function call<Name extends CallName>(
  key: string | null,
  name: Name,
  input: InputOf<Name>,
): Promise<OutputOf<Name>> {
  const { method } = operations[name];
  const inQuery = method === 'GET' || method === 'DELETE';
  const { path, rest } = addressOf(operations[name].path, input as Record<string, unknown>);
  const headers: Record<string, string> = { ...(key && { Authorization: `Bearer ${key}` }) };
  if (!inQuery) headers['Content-Type'] = 'application/json';
  const target = inQuery ? path + queryOf(rest) : path;
  const body = inQuery ? {} : { body: JSON.stringify(rest) };
  const response = await fetch(target, { method, headers, ...body }).catch((error: Error) => {
    throw gone(error.message);
  });
  const answer = await response.json().catch(() => {
    // Whole answers are JSON: one that is none was cut off, or comes from something else.
    throw gone(`it answered with status ${response.status}`);
  });
  if (!response.ok) throw (answer as { error?: ErrorBody }).error ?? gone(`it answered with status ${response.status}`);
  return answer as OutputOf<Name>;
}

/** RFC 6455, 7.4.1. */
const POLICY_VIOLATION = 1008;

const NO_KEY: ErrorBody = {
  code: 'page.refused',
  message: 'This page has no key to the mvm service',
  hint: 'Each tab needs its own: mvm ui --browser opens one.',
};

const gone = (why: string): ErrorBody => ({
  code: 'service.absent',
  message: `the mvm service does not answer (${why})`,
  hint: 'Any mvm command starts it; mvm ui --browser opens this window again.',
});

function open<Name extends StreamName>(
  key: string | null,
  name: Name,
  input: InputOf<Name>,
  handlers: StreamHandlers,
): OpenStream {
  const { path, rest } = addressOf(operations[name].path, input as Record<string, unknown>);
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${path}${queryOf(rest)}`);
  socket.binaryType = 'arraybuffer';
  const early: Uint8Array[] = [];
  socket.onopen = () => {
    if (key) socket.send(JSON.stringify({ key }));
    for (const frame of early.splice(0)) socket.send(frame as BufferSource);
  };
  socket.onmessage = ({ data }) => handlers.message(typeof data === 'string' ? data : new Uint8Array(data));
  socket.onclose = ({ code }) =>
    handlers.closed({ code, error: code === 1000 ? null : code === POLICY_VIOLATION ? NO_KEY : gone(`code ${code}`) });
  return {
    send(frame) {
      if (socket.readyState === WebSocket.CONNECTING) early.push(frame);
      else if (socket.readyState === WebSocket.OPEN) socket.send(frame as BufferSource);
    },
    close: () => socket.close(1000),
  };
}

function queryOf(rest: Record<string, unknown>): string {
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return query && `?${query}`;
}
