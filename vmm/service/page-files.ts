/** The page's own files, which hold nothing secret, under a policy that lets in nothing else. */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { MvmError } from '../contract/errors.ts';
import { contentType, PAGE_POLICY } from '../contract/page.ts';

/** A flat folder: a name with a slash, a dot at its begin or an escape names nothing in it. */
const FILE = /^\/[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

export async function sendFile(
  folder: string,
  { method }: IncomingMessage,
  pathname: string,
  response: ServerResponse,
): Promise<void> {
  const name = pathname === '/' ? '/index.html' : pathname;
  const found = method === 'GET' && FILE.test(name) ? await read(join(folder, name)) : null;
  if (!found) throw new MvmError('request.unknown', `there is nothing at ${pathname}`);
  response.writeHead(200, {
    'Content-Type': contentType(extname(name)),
    'Content-Security-Policy': PAGE_POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  });
  response.end(found);
}

/**
 * Whoever had the port while no service did may have left in the browser what it would load instead of our files:
 * nothing is loaded from there again.
 */
export function turnAway(response: ServerResponse): void {
  response.writeHead(410, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end('The mvm service was started anew since this page was opened: mvm ui --browser opens it again.\n');
}

async function read(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (['ENOENT', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
