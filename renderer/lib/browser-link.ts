/**
 * A page's way to the service: WebSockets that begin with its key. When one breaks, the service may be gone and its port
 * somebody else's: everything is cut, and nothing is said there before the next service proved that it is one (see
 * contract/page-door.ts).
 */
import type { StreamHandlers } from '../../vmm/contract/bridge.ts';
import {
  digestOf,
  newNonce,
  type PageGreeting,
  type PageIdentity,
  type PageProof,
  pageDoor,
  proofOf,
  type ServiceGreeting,
} from '../../vmm/contract/page-door.ts';
import type { ErrorBody } from '../../vmm/contract/types.ts';

/** RFC 6455, 7.4.1; a connection that broke is 1006. */
const GOOD_END = 1000;
const BROKEN = 1006;
const POLICY_VIOLATION = 1008;

/** A service that is there proves itself at once, ms: later, it could be gone again by the time that it is believed. */
const PROOF_MS = 5_000;

type Sent = string | Uint8Array;
/** what TypeScript's DOM knows of it */
type SocketData = string | BufferSource;
type StreamEnd = (code: number, error: ErrorBody | null) => void;

/** A stream on which texts are sent as well. */
export interface Line {
  send(data: Sent): void;
  close(): void;
}

export class BrowserLink {
  /** what the next service knows this page by */
  identity: PageIdentity | null = null;
  #key: string | null;
  #isLost = false;
  #return: Promise<void> | null = null;
  /** what is open, and how each is cut off */
  readonly #open = new Map<WebSocket, () => void>();

  constructor(key: string | null) {
    this.#key = key;
  }

  open(target: string, handlers: StreamHandlers): Line {
    const early: Sent[] = [];
    let socket: WebSocket | null = null;
    let isOver = false;
    const end = (code: number, error: ErrorBody | null): void => {
      if (isOver) return;
      isOver = true;
      if (socket) this.#open.delete(socket);
      handlers.closed({ code, error });
    };
    this.#standing().then(
      () => {
        if (!isOver) socket = this.#connect(target, early, handlers, end);
      },
      (error: ErrorBody) => end(BROKEN, error),
    );
    return {
      send(data) {
        if (socket?.readyState === WebSocket.OPEN) socket.send(data as SocketData);
        else if (socket === null || socket.readyState === WebSocket.CONNECTING) early.push(data);
      },
      close() {
        // Whoever closes it is not told before it knows that it did.
        queueMicrotask(() => end(GOOD_END, null));
        socket?.close(GOOD_END);
      },
    };
  }

  #connect(target: string, early: Sent[], { message }: StreamHandlers, end: StreamEnd): WebSocket {
    const socket = new WebSocket(addressOf(target));
    socket.binaryType = 'arraybuffer';
    const cut = (): void => {
      socket.onmessage = null;
      socket.close();
      end(BROKEN, gone('it is cut off'));
    };
    this.#open.set(socket, cut);
    socket.onopen = () => {
      if (this.#key !== null) socket.send(JSON.stringify({ key: this.#key }));
      for (const data of early.splice(0)) socket.send(data as SocketData);
    };
    socket.onmessage = ({ data }) => message(typeof data === 'string' ? data : new Uint8Array(data));
    socket.onclose = ({ code }) => {
      const broke = this.#open.has(socket) && code === BROKEN;
      // Before anybody is told, who would go on at once.
      if (broke) this.#isLost = true;
      end(code, code === GOOD_END ? null : code === POLICY_VIOLATION ? NO_KEY : gone(`code ${code}`));
      if (broke) for (const cut of [...this.#open.values()]) cut();
    };
    return socket;
  }

  /** Resolves when the service has the port for certain. Rejects with an `ErrorBody`. */
  #standing(): Promise<void> {
    if (!this.#isLost || this.#key === null) return Promise.resolve();
    this.#return ??= this.#comeBack().finally(() => {
      this.#return = null;
    });
    return this.#return;
  }

  async #comeBack(): Promise<void> {
    if (!this.identity) throw NO_KEY;
    this.#key = await meet(this.identity);
    this.#isLost = false;
  }
}

/** The page's next key. Rejects with an `ErrorBody`. */
async function meet({ id, secret }: PageIdentity): Promise<string> {
  const digest = await digestOf(secret);
  const pageNonce = newNonce();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = new WebSocket(addressOf(pageDoor.back));
  const deadline = setTimeout(() => socket.close(), PROOF_MS);
  let key: string | null = null;
  const answer = async (text: string): Promise<void> => {
    const { nonce, proof } = JSON.parse(text) as ServiceGreeting;
    const meeting = { authority: location.host, pageNonce, serviceNonce: nonce };
    if (proof !== (await proofOf(digest, 'service', meeting))) throw new Error('no service proves itself so');
    key = await proofOf(digest, 'key', meeting);
    socket.send(JSON.stringify({ proof: await proofOf(digest, 'page', meeting) } satisfies PageProof));
  };
  socket.onopen = () => socket.send(JSON.stringify({ page: id, nonce: pageNonce } satisfies PageGreeting));
  socket.onmessage = ({ data }) =>
    answer(data).catch(() => {
      reject(IMPOSTOR);
      socket.close();
    });
  socket.onclose = ({ code }) => {
    clearTimeout(deadline);
    if (code === GOOD_END && key !== null) resolve(key);
    else reject(code === POLICY_VIOLATION ? NO_KEY : gone(`code ${code}`));
  };
  return promise;
}

const addressOf = (target: string): string => location.origin.replace(/^http/, 'ws') + target;

const NO_KEY: ErrorBody = {
  code: 'page.refused',
  message: 'This page has no key to the mvm service',
  hint: 'Each tab needs its own: mvm ui --browser opens one.',
};

const IMPOSTOR: ErrorBody = {
  code: 'service.absent',
  message: 'another program has the port of this page',
  hint: 'mvm ui --browser opens the page anew, on another one.',
};

export const gone = (why: string): ErrorBody => ({
  code: 'service.absent',
  message: `the mvm service does not answer (${why})`,
  hint: 'Any mvm command starts it, mvm ps for one, and this page goes on by itself.',
});
