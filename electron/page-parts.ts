/** Answers what the page asks for from its folder, with a policy that lets in nothing else. */
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { contentType, PAGE_POLICY } from '../vmm/contract/page.ts';
import type { Log } from './log.ts';
import { isOurAddress } from './sender.ts';

export async function answerPart(
  folder: string,
  { url, method }: Pick<Request, 'url' | 'method'>,
  log: Log,
): Promise<Response> {
  if (method !== 'GET' || !isOurAddress(url)) return new Response(null, { status: 403 });
  const file = fileOf(folder, new URL(url).pathname);
  const body = file && (await read(file, log));
  if (!file || !body) return new Response(null, { status: 404 });
  return new Response(new Uint8Array(body), {
    headers: {
      'Content-Type': contentType(extname(file)),
      'Content-Security-Policy': PAGE_POLICY,
      'X-Content-Type-Options': 'nosniff',
    },
  });
}

/** A file that cannot be read is one that the page does not have: its asker gets a 404, and the log says why. */
async function read(file: string, log: Log): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (error) {
    log.line(`a part of the page cannot be read: ${(error as Error).message.slice(0, 500)}`);
    return null;
  }
}

/** null when the name leads out of the folder. */
function fileOf(folder: string, pathname: string): string | null {
  const name = decode(pathname);
  if (name === null || name.includes('\0')) return null;
  const file = normalize(join(folder, name.endsWith('/') ? `${name}index.html` : name));
  return file.startsWith(normalize(folder) + sep) ? file : null;
}

function decode(pathname: string): string | null {
  try {
    return decodeURIComponent(pathname);
  } catch {
    // A broken percent escape names no file.
    return null;
  }
}
