/** A folder of a machine, put together from the pages in which its agent tells of it. */
import type { FolderEntry, FolderListing } from '../contract/files.ts';
import type { AgentSession } from '../guest/session.ts';

/** Of one listing: who wants more asks for what comes behind. */
export const MOST_ENTRIES = 2_000;
/** An agent of ours sends a hundred entries or more in a page. */
const MOST_PAGES = 500;

/** `after` is hexadecimal, or empty for the beginning. */
export async function listFolder(
  agent: Pick<AgentSession, 'list'>,
  path: string,
  after: string,
): Promise<FolderListing> {
  const entries = new Map<string, FolderEntry>();
  let page: FolderListing = { entries: [], total: 0, next: after };
  for (let pages = 0; page.next !== null && entries.size < MOST_ENTRIES && pages < MOST_PAGES; pages++) {
    page = await agent.list(path, page.next);
    // A name has one entry, whatever a guest says.
    for (const entry of page.entries) entries.set(bytesOf(entry), entry);
  }
  const shown = [...entries.values()].slice(0, MOST_ENTRIES);
  const last = shown.at(-1);
  const next = last && shown.length < entries.size ? bytesOf(last) : page.next;
  return { entries: shown, total: page.total, next };
}

const bytesOf = ({ name, nameBytes }: FolderEntry): string => nameBytes ?? Buffer.from(name).toString('hex');
