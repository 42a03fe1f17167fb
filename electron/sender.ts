/** Who may speak with the main process: our own page, as the whole of a window. */

/** The page's scheme, kept apart from every site and from files. */
export const SCHEME = 'app';
export const ORIGIN = `${SCHEME}://mvm`;

export interface Frame {
  url: string;
  /** the frame that holds it; null for a window's own page */
  parent: unknown;
}

/** A frame that navigated or closed meanwhile is null, and nobody. */
export function isOurPage(frame: Frame | null): boolean {
  return frame !== null && frame.parent === null && isOurAddress(frame.url);
}

export function isOurAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, host } = new URL(address);
  return protocol === `${SCHEME}:` && host === 'mvm';
}
