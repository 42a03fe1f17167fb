/** The window's page as it is served, by the desktop app and by `mvm ui --browser` alike. */

/**
 * Nothing but the page's own files, and no address to send anything to but the page's own. xterm.js and Svelte set
 * styles from script; style elements cannot be told apart from them, so inline style is let in, inline script never.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** By the ending of a file's name. */
export const contentType = (ending: string): string => TYPES[ending] ?? 'application/octet-stream';
