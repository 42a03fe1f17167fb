/** The pages that the next service shall know again, and how it does. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { RawData, WebSocket } from 'ws';
import {
  digestOf,
  newNonce,
  type PageGreeting,
  type PageIdentity,
  type PageProof,
  proofOf,
  type ServiceGreeting,
} from '../contract/page-door.ts';

export interface KnownPage {
  id: string;
  /** of its secret, which the page alone has */
  digest: string;
  /** Unix ms */
  until: number;
}

/** For how long a page is known after it was last seen, ms: a week. */
const KNOWN_MS = 7 * 86_400_000;

/** The oldest gives way. */
const MOST_PAGES = 64;

export class KnownPages {
  readonly #now: () => number;
  readonly #changed: () => void;
  #pages: readonly KnownPage[];

  constructor(options: { pages: readonly KnownPage[]; now(): number; changed(): void }) {
    this.#pages = options.pages;
    this.#now = options.now;
    this.#changed = options.changed;
  }

  get all(): readonly KnownPage[] {
    return this.#pages.filter(({ until }) => until > this.#now());
  }

  async add(): Promise<PageIdentity> {
    const identity = { id: randomBytes(16).toString('hex'), secret: randomBytes(32).toString('base64url') };
    this.#put({ id: identity.id, digest: await digestOf(identity.secret), until: this.#now() + KNOWN_MS });
    return identity;
  }

  seen(id: string): void {
    const page = this.#find(id);
    if (page) this.#put({ ...page, until: this.#now() + KNOWN_MS });
  }

  /** It was closed, or is loaded again. */
  forget(id: string): void {
    this.#pages = this.#pages.filter((each) => each.id !== id);
    this.#changed();
  }

  /** The page at the other end and the key that it has from now on; null when it does not prove who it is. */
  async recognise(socket: WebSocket, authority: string): Promise<{ page: string; key: string } | null> {
    const { page: id, nonce: pageNonce } = (await nextOf(socket)) as Partial<PageGreeting>;
    const page = this.#find(id);
    if (!page || typeof pageNonce !== 'string') return null;
    const meeting = { authority, pageNonce, serviceNonce: newNonce() };
    const greeting: ServiceGreeting = {
      nonce: meeting.serviceNonce,
      proof: await proofOf(page.digest, 'service', meeting),
    };
    const expected = await proofOf(page.digest, 'page', meeting);
    socket.send(JSON.stringify(greeting));
    const { proof } = (await nextOf(socket)) as Partial<PageProof>;
    if (!isSame(proof, expected)) return null;
    return { page: page.id, key: await proofOf(page.digest, 'key', meeting) };
  }

  #find(id: unknown): KnownPage | undefined {
    return this.all.find((each) => each.id === id);
  }

  #put(page: KnownPage): void {
    this.#pages = [...this.all.filter(({ id }) => id !== page.id), page].slice(-MOST_PAGES);
    this.#changed();
  }
}

/** A JSON object that a page sent; empty for anything else, and for a page that went away. */
function nextOf(socket: WebSocket): Promise<object> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve({}));
    socket.once('message', (data, isBinary) => resolve(isBinary ? {} : objectIn(data)));
  });
}

export function objectIn(data: RawData): object {
  try {
    const value: unknown = JSON.parse(data.toString());
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    // Not JSON: nothing in it either.
    return {};
  }
}

function isSame(given: unknown, expected: string): boolean {
  const [a, b] = [Buffer.from(typeof given === 'string' ? given : ''), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
