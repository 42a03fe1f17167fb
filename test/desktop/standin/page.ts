/// <reference lib="dom" />
/** What runs in a page: three functions that are handed over as text, so each stands by itself. */
import { codec } from './ipc.ts';

interface Surroundings {
  platform: string;
  versions: object;
  argv: string[];
}

export const mainWorld = (): string => `if (window.top === window) (${worlds})('page', 'preload');`;

export const isolatedWorld = (preload: string, surroundings: Surroundings): string => `
if (window.top === window) {
  const base64 = {
    to: (bytes) => { let text = ''; for (const each of bytes) text += String.fromCharCode(each); return btoa(text); },
    from: (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0)),
  };
  (${host})((${codec})(base64), (${worlds})('preload', 'page'), ${JSON.stringify(surroundings)},
    function (require, process, module) { const exports = module.exports;\n${preload}\n});
}`;

/**
 * contextBridge: functions become numbers on the other side and are called through events, which both worlds see and
 * whose details Chromium copies. Dispatch is synchronous, so that a call has its answer when it returns.
 */
function worlds(me: string, other: string) {
  type Wire = { $function?: number; $promise?: number };
  type Failure = { plain: unknown } | { message: string };
  const functions = new Map<number, (...values: unknown[]) => unknown>();
  const promises = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  const calls: { value?: unknown; failure?: Failure }[] = [];
  let last = 0;
  const fire = (what: string, detail: unknown) => window.dispatchEvent(new CustomEvent(`${other}:${what}`, { detail }));
  const on = (what: string, take: (detail: never) => void) =>
    window.addEventListener(`${me}:${what}`, (event) => {
      event.stopImmediatePropagation();
      take((event as CustomEvent).detail as never);
    });
  // Of an error only its text crosses; a plain object crosses whole.
  const failureOf = (error: unknown): Failure =>
    error instanceof Error ? { message: error.message } : { plain: wrap(error) };
  const errorOf = (failure: Failure) => ('message' in failure ? new Error(failure.message) : unwrap(failure.plain));
  const isPlain = (value: object) => [Object.prototype, null].includes(Object.getPrototypeOf(value));

  function wrap(value: unknown): unknown {
    if (typeof value === 'function') {
      functions.set(++last, value as never);
      return { $function: last };
    }
    if (value instanceof Promise) {
      const id = ++last;
      value.then(
        (result) => fire('settled', { id, value: wrap(result) }),
        (error) => fire('settled', { id, failure: failureOf(error) }),
      );
      return { $promise: id };
    }
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map(wrap);
    if (!isPlain(value)) return structuredClone(value);
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, wrap(each)]));
  }

  function unwrap(value: unknown): unknown {
    if (value === null || typeof value !== 'object') return value;
    const { $function: id, $promise: promise } = value as Wire;
    if (id) return (...values: unknown[]) => callOver(id, values);
    if (promise) return new Promise((resolve, reject) => promises.set(promise, { resolve, reject }));
    if (Array.isArray(value)) return value.map(unwrap);
    if (!isPlain(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unwrap(each)]));
  }

  function callOver(id: number, values: unknown[]): unknown {
    const call: (typeof calls)[number] = {};
    calls.push(call);
    fire('call', { id, values: wrap(values) });
    calls.pop();
    if (call.failure) throw errorOf(call.failure);
    return unwrap(call.value);
  }

  on('call', ({ id, values }: { id: number; values: unknown }) => {
    try {
      fire('returned', { value: wrap(functions.get(id)?.(...(unwrap(values) as unknown[]))) });
    } catch (error) {
      fire('returned', { failure: failureOf(error) });
    }
  });
  on('returned', (result: object) => Object.assign(calls.at(-1) ?? {}, result));
  on('settled', ({ id, value, failure }: { id: number; value?: unknown; failure?: Failure }) => {
    const waiting = promises.get(id);
    promises.delete(id);
    if (failure) waiting?.reject(errorOf(failure));
    else waiting?.resolve(unwrap(value));
  });
  on('expose', ({ key, api }: { key: string; api: unknown }) => {
    const freeze = (value: unknown): unknown => {
      if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
      return value;
    };
    Object.defineProperty(window, key, { value: freeze(unwrap(api)), enumerable: true });
  });
  return { expose: (key: string, api: unknown) => fire('expose', { key, api: wrap(api) }) };
}

/** What a sandboxed preload finds: Electron's renderer half and a little of Node's process. */
function host(
  { encode, decode }: ReturnType<typeof codec>,
  bridge: ReturnType<typeof worlds>,
  surroundings: Surroundings,
  run: (require: (name: string) => unknown, process: object, module: object) => void,
) {
  type Listener = (event: object, ...values: unknown[]) => void;
  type World = typeof globalThis & {
    __post(text: string): void;
    __receive?(text: string): void;
    __paths?: Record<string, string>;
  };
  const world = globalThis as World;
  const listeners = new Map<string, Listener[]>();
  const answers = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let last = 0;
  const post = (message: object) => world.__post(JSON.stringify(message));
  const ipcRenderer = {
    invoke(channel: string, ...values: unknown[]) {
      const id = ++last;
      const answer = new Promise((resolve, reject) => answers.set(id, { resolve, reject }));
      post({ kind: 'invoke', id, channel, values: encode(values) });
      return answer;
    },
    send: (channel: string, ...values: unknown[]) => post({ kind: 'send', channel, values: encode(values) }),
    on: (channel: string, listener: Listener) => listeners.set(channel, [...(listeners.get(channel) ?? []), listener]),
  };
  world.__receive = (text) => {
    const message = JSON.parse(text);
    if (message.kind === 'event') {
      for (const listener of listeners.get(message.channel) ?? [])
        listener({}, ...(decode(message.values) as unknown[]));
      return;
    }
    const answer = answers.get(message.id);
    answers.delete(message.id);
    if (message.error) answer?.reject(new Error(message.error));
    else answer?.resolve(decode(message.value));
  };
  const electron = {
    contextBridge: { exposeInMainWorld: bridge.expose },
    ipcRenderer,
    // Chromium tells no page where a file lies; the test says it of those that it drops.
    webUtils: { getPathForFile: (file: File) => world.__paths?.[file.name] ?? '' },
  };
  const require = (name: string) => {
    if (name === 'electron') return electron;
    throw new Error(`module not found: ${name}`);
  };
  try {
    run(require, { ...surroundings, type: 'renderer', sandboxed: true, contextIsolated: true }, { exports: {} });
  } catch (error) {
    post({ kind: 'preload-failed', error: String((error as Error).stack) });
  }
}
