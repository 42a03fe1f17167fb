/** Serves the window's page from its folder under the app's own scheme, with a policy that lets in nothing else. */
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { protocol } from 'electron';
import { contentType, PAGE_POLICY } from '../vmm/contract/page.ts';
import { isOurAddress, SCHEME } from './sender.ts';

/** Must be called before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

export function servePage(folder: string): void {
  protocol.handle(SCHEME, async ({ url, method }) => {
    if (method !== 'GET' || !isOurAddress(url)) return new Response(null, { status: 403 });
    const file = fileOf(folder, new URL(url).pathname);
    // A file that cannot be read is one that the page does not have: its asker gets a 404.
    const body = file && (await readFile(file).catch(() => null));
    if (!file || !body) return new Response(null, { status: 404 });
    return new Response(new Uint8Array(body), {
      headers: {
        'Content-Type': contentType(extname(file)),
        'Content-Security-Policy': PAGE_POLICY,
        'X-Content-Type-Options': 'nosniff',
      },
    });
  });
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
