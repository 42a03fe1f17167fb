/** Which program listens on a port, where the host tells: on Linux by /proc, as far as the user may look. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { PortProtocol, PortSpec } from '../contract/types.ts';

export interface PortListener {
  pid: number;
  command: string;
}

export function listenerOn({ protocol, hostPort }: PortSpec): PortListener | null {
  const inodes = new Set(['', '6'].flatMap((family) => waitingInodes(protocol, family, hostPort)));
  if (inodes.size === 0) return null;
  for (const pid of list('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const has = list(`/proc/${pid}/fd`).some((fd) => inodes.has(link(`/proc/${pid}/fd/${fd}`)));
    if (has) return { pid: Number(pid), command: read(`/proc/${pid}/comm`).trim() };
  }
  return null;
}

/** States of include/net/tcp_states.h: a TCP socket that listens, a UDP one without a peer. */
const WAITING: Record<PortProtocol, string> = { tcp: '0A', udp: '07' };

/** Columns of proc(5)'s net/tcp: local address and port in hexadecimal, state, and the inode tenth. */
function waitingInodes(protocol: PortProtocol, family: string, port: number): string[] {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return read(`/proc/net/${protocol}${family}`)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(ending) && fields[3] === WAITING[protocol])
    .map((fields) => `socket:[${fields[9]}]`);
}

const list = (folder: string): string[] => unless(() => readdirSync(folder), []);
const read = (path: string): string => unless(() => readFileSync(path, 'utf8'), '');
const link = (path: string): string => unless(() => readlinkSync(path), '');

/** What is gone, another user's, or no part of this host's system tells nothing, and nothing is owed. */
function unless<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
