/** Who may use the page's door: a token, good once and for a short while, is exchanged for a key of this door's life. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** From the address's making to its opening, ms: a browser that has to start first takes some seconds. */
const TOKEN_MS = 60_000;

/** Pages that were opened; the oldest key gives way. */
const MOST_KEYS = 64;

interface Key {
  digest: Buffer;
  /** that came back with it; null for one that was opened here */
  page: string | null;
}

export class PageKeys {
  readonly #now: () => number;
  #tokens: { digest: Buffer; until: number }[] = [];
  #keys: Key[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  newToken(): string {
    const token = randomBytes(32).toString('base64url');
    this.#tokens = this.#tokens.filter(({ until }) => until > this.#now());
    this.#tokens.push({ digest: digestOf(token), until: this.#now() + TOKEN_MS });
    return token;
  }

  /** null for a token that was used, is too old, or never was. */
  exchange(token: string): string | null {
    const digest = digestOf(token);
    const found = this.#tokens.find((each) => timingSafeEqual(each.digest, digest));
    if (!found) return null;
    this.#tokens = this.#tokens.filter((each) => each !== found);
    if (found.until <= this.#now()) return null;
    const key = randomBytes(32).toString('base64url');
    this.#add({ digest: digestOf(key), page: null });
    return key;
  }

  /** A page that came back has the key in the place of the one it had. */
  admit(page: string, key: string): void {
    this.#keys = this.#keys.filter((each) => each.page !== page);
    this.#add({ digest: digestOf(key), page });
  }

  /** null when no page has that key. */
  find(key: string): Pick<Key, 'page'> | null {
    const digest = digestOf(key);
    return this.#keys.find((each) => timingSafeEqual(each.digest, digest)) ?? null;
  }

  forget(): void {
    this.#tokens = [];
    this.#keys = [];
  }

  #add(key: Key): void {
    this.#keys = [...this.#keys, key].slice(-MOST_KEYS);
  }
}

/** Of one length whatever was given, so that comparing takes one time. */
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
