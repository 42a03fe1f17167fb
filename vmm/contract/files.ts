/** The guest's files as a client asks for them: what a folder holds, what is copied out, and where a copy is put. */

/**
 * What of a running machine to copy out, as a tar archive on stdout. A copy is a program of the guest's agent: it exits
 * with 0, with 1 when it broke off, or with 2 when it left something out, and tells each problem on stderr as a line of
 * JSON, `{code, message}`, the worst one last.
 */
export interface CopyOutRequest {
  /** id for the session, as in a run */
  id: string | null;
  /** from the machine's root; with `/.` at its end a folder's contents are meant */
  path: string;
  /** the path's last part may be a link: what it leads to is copied */
  follow: boolean;
}

/** Where in a running machine a tar archive from stdin is put. */
export interface CopyInRequest {
  id: string | null;
  /** a folder to put it in, or the name for the one file or folder that the archive holds */
  path: string;
  /** the archive may hold anything, so that the path must be a folder */
  into: boolean;
  /** users and groups stay as the archive has them; else all belongs to root */
  owners: boolean;
}

/** A folder of a machine, or a part of it. */
export interface FolderListing {
  /** at most 2,000, in the order of their names' bytes */
  entries: FolderEntry[];
  /** how many the folder has in all */
  total: number;
  /** `after` for those behind these; null when there are none */
  next: string | null;
}

export type FileKind = 'file' | 'folder' | 'link' | 'device' | 'socket' | 'fifo';

export interface FolderEntry {
  /** anything but a `/`, control characters too; bytes that are no UTF-8 are U+FFFD here */
  name: string;
  /** such a name in hexadecimal: no request can name it, so copy the folder around it; null for all others */
  nameBytes: string | null;
  kind: FileKind;
  /** bytes, as stat(2) tells of any kind */
  size: number;
  /** permissions, set-id and sticky */
  mode: number;
  uid: number;
  gid: number;
  /** Unix ms by the guest's clock, before 1970 too */
  modified: number;
  /** of a link, as it is written there; else null */
  target: string | null;
  /** what a link leads to; null when that is nothing, and for all that is no link */
  leadsTo: FileKind | null;
}
