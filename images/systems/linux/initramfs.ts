/**
 * The initramfs that the kernel unpacks as its first root: the agent as /init and what it stands on. The format is the
 * kernel's "newc" cpio (Documentation/driver-api/early-userspace/buffer-format.rst in its source). It stays
 * uncompressed, for unpacking costs a guest more than reading.
 */
export function linuxInitramfs(agent: Uint8Array): Buffer {
  return writeInitramfs([
    ...agentFolders.map((name): InitramfsEntry => ({ kind: 'folder', name })),
    // The kernel opens /dev/console for PID 1 and Go's runtime /dev/null, both before anything is mounted on /dev.
    { kind: 'device', name: 'dev/console', major: 5, minor: 1, mode: 0o600 },
    { kind: 'device', name: 'dev/null', major: 1, minor: 3, mode: 0o666 },
    { kind: 'file', name: 'init', data: agent, mode: 0o755 },
  ]);
}

/** Where the agent mounts things. */
export const agentFolders = ['dev', 'proc', 'sys', 'tmp', 'run', 'image', 'scratch', 'root'] as const;

export type InitramfsEntry =
  | { kind: 'folder'; name: string }
  | { kind: 'file'; name: string; data: Uint8Array; mode: number }
  | { kind: 'device'; name: string; major: number; minor: number; mode: number };

/** Entries belong to root and stand in the given order: a folder before what is in it. */
export function writeInitramfs(entries: readonly InitramfsEntry[]): Buffer {
  const written = entries.flatMap((entry, index) =>
    record(entry.name, { ...headerOf(entry), inode: index + 1 }, dataOf(entry)),
  );
  return Buffer.concat([...written, ...record('TRAILER!!!', { mode: 0, links: 1 })]);
}

interface Header {
  inode?: number;
  mode: number;
  links: number;
  major?: number;
  minor?: number;
}

function headerOf(entry: InitramfsEntry): Header {
  switch (entry.kind) {
    case 'folder':
      return { mode: 0o040755, links: 2 };
    case 'file':
      return { mode: 0o100000 | entry.mode, links: 1 };
    case 'device':
      return { mode: 0o020000 | entry.mode, links: 1, major: entry.major, minor: entry.minor };
  }
}

const dataOf = (entry: InitramfsEntry): Uint8Array => (entry.kind === 'file' ? entry.data : new Uint8Array());

function record(name: string, header: Header, data: Uint8Array = new Uint8Array()): Uint8Array[] {
  const { inode = 0, mode, links, major = 0, minor = 0 } = header;
  const path = Buffer.from(`${name}\0`);
  const [owner, group, time, diskMajor, diskMinor, checksum] = [0, 0, 0, 0, 0, 0];
  const fields = [
    inode,
    mode,
    owner,
    group,
    links,
    time,
    data.length,
    diskMajor,
    diskMinor,
    major,
    minor,
    path.length,
    checksum,
  ];
  const head = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return [head, path, padding(head.length + path.length), data, padding(data.length)];
}

const padding = (length: number): Buffer => Buffer.alloc(-length & 3);
