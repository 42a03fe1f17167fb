/**
 * Names of images, as docker writes them: `[host[:port]/]path[:tag][@digest]`, after the grammar of
 * https://github.com/distribution/reference (the same host, folder and tag may be left out).
 */
import { MvmError } from '../../vmm/contract/errors.ts';

export interface Reference {
  host: string;
  path: string;
  tag: string | null;
  digest: string | null;
}

const DEFAULT_HOST = 'docker.io';
const DEFAULT_FOLDER = 'library/';
const DEFAULT_TAG = 'latest';

const HOST = /^(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/;
const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** The longest name that registries take, without tag and digest. */
const MAX_NAME = 255;

/** Null when the text is none. */
export function parseReference(text: string): Reference | null {
  const [named = '', digest = null, more] = text.split('@');
  const { name, tag } = splitTag(named);
  const { host, rest } = splitHost(name);
  const path = host === DEFAULT_HOST && !rest.includes('/') ? DEFAULT_FOLDER + rest : rest;
  const isValid =
    more === undefined &&
    name.length <= MAX_NAME &&
    HOST.test(host) &&
    PATH.test(path) &&
    (tag === null || TAG.test(tag)) &&
    (digest === null || DIGEST.test(digest));
  if (!isValid) return null;
  return { host, path, tag: tag ?? (digest === null ? DEFAULT_TAG : null), digest };
}

/** The shortest name that means the same: `alpine` for `docker.io/library/alpine:latest`. */
export function normaliseReference(text: string): string {
  const reference = parseReference(text);
  if (reference === null) throw badReference(text);
  const { host, path, tag, digest } = reference;
  const isOfficial = host === DEFAULT_HOST && path.startsWith(DEFAULT_FOLDER);
  const name = isOfficial ? path.slice(DEFAULT_FOLDER.length) : host === DEFAULT_HOST ? path : `${host}/${path}`;
  const suffix = tag === null || tag === DEFAULT_TAG ? '' : `:${tag}`;
  return name + suffix + (digest === null ? '' : `@${digest}`);
}

/** A colon before the last slash belongs to a port. */
function splitTag(named: string): { name: string; tag: string | null } {
  const colon = named.lastIndexOf(':');
  if (colon < 0 || named.includes('/', colon)) return { name: named, tag: null };
  return { name: named.slice(0, colon), tag: named.slice(colon + 1) };
}

/** The first part is a host when it could not be a folder: with a dot or a port, or `localhost`. */
function splitHost(name: string): { host: string; rest: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isHost = first === 'localhost' || /[.:]|[A-Z]/.test(first);
  return isHost ? { host: first, rest: name.slice(slash + 1) } : { host: DEFAULT_HOST, rest: name };
}

function badReference(text: string): MvmError {
  const lower = text.toLowerCase();
  const isTooLoud = lower !== text && parseReference(lower) !== null;
  const hint = isTooLoud ? `Names are in lower case: ${lower}` : 'Names look like alpine:3.20.';
  const message = `${JSON.stringify(text.slice(0, 300))} cannot be the name of an image.`;
  return new MvmError('image.bad-reference', message, { hint });
}
