/**
 * What a page in a browser and the service say to each other over the loopback door, besides the contract's streams.
 *
 * While no service runs, the door's port is anybody's. So a page keeps a secret in its memory alone, and before it says
 * anything to the next service each end proves to the other that it knows that secret. From what both said they derive
 * the page's next key, which is never sent before. The page uses it on connections that it opens after the proof: whose
 * service answered has the port, so that nobody who had it meanwhile can be at their other end.
 */
import type { CallName } from './operations.ts';
import type { ErrorBody } from './types.ts';

export const pageDoor = {
  /** POST: a token for a key */
  key: '/v1/page/key',
  /** WebSocket: the calls of the contract; browsers would send a plain request over a connection of earlier */
  calls: '/v1/page/calls',
  /** WebSocket: the proof, by a page whose service went away */
  back: '/v1/page/back',
} as const;

/** Who a page is for the next service. */
export interface PageIdentity {
  id: string;
  secret: string;
}

/** The first message of a stream of a page. */
export interface KeyMessage {
  key: string;
}

export interface PageCall {
  id: number;
  name: CallName;
  input: object;
}

export type PageAnswer =
  /** first of all; null for a page that has one */
  | { type: 'hello'; identity: PageIdentity | null }
  | { type: 'answer'; id: number; output: unknown }
  | { type: 'refusal'; id: number; error: ErrorBody };

/** What is proven: the same texts on both sides. */
export interface Meeting {
  /** host and port of the door */
  authority: string;
  /** random, of this meeting alone */
  pageNonce: string;
  serviceNonce: string;
}

/** Messages of the proof: the page begins. */
export interface PageGreeting {
  page: string;
  nonce: string;
}
export interface ServiceGreeting {
  nonce: string;
  proof: string;
}
export interface PageProof {
  proof: string;
}

/** Of a secret, in hex: what the service keeps of it. */
export const digestOf = async (secret: string): Promise<string> =>
  hex(await crypto.subtle.digest('SHA-256', bytesOf(secret)));

/** HMAC-SHA-256 in hex by the secret's digest: either end's proof, and the key that both have afterwards. */
export async function proofOf(digest: string, what: 'service' | 'page' | 'key', meeting: Meeting): Promise<string> {
  const { authority, pageNonce, serviceNonce } = meeting;
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', bytesOf(digest), hmac, false, ['sign']);
  return hex(
    await crypto.subtle.sign('HMAC', key, bytesOf(JSON.stringify([what, authority, pageNonce, serviceNonce]))),
  );
}

/** 256 random bits in hex. */
export const newNonce = (): string => hex(crypto.getRandomValues(new Uint8Array(32)).buffer);

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const hex = (bytes: ArrayBuffer): string =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
