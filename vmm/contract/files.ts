/** The guest's files as a client asks for them: what is copied out of a machine, and where a copy is put in one. */

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
