/** The key of a page in a browser: had for the token in its address, once, and kept for as long as its tab is open. */
const STORED = 'mvm-key';

/** null when the page was opened without a token that is good: the service then says how to open it. */
export async function browserKey(): Promise<string | null> {
  const token = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (token === undefined) return sessionStorage.getItem(STORED);
  // Neither the history nor who looks over a shoulder keeps it.
  history.replaceState(null, '', '#/machines');
  // A service that went away meanwhile gives no key: the page then says how it is opened.
  const key = await exchange(token).catch(() => null);
  if (key !== null) sessionStorage.setItem(STORED, key);
  return key ?? sessionStorage.getItem(STORED);
}

async function exchange(token: string): Promise<string | null> {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch('/v1/page/key', { method: 'POST', headers, body: JSON.stringify({ token }) });
  return response.ok ? ((await response.json()) as { key: string }).key : null;
}
