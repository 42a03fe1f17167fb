/** Whether guests find names: QEMU's user network asks the host's first IPv4 name server for them. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import type { DoctorCheck } from '../contract/types.ts';

const FILE = '/etc/resolv.conf';
const FIX = `Name one that answers in ${FILE}; guests see a change within a second.`;
/** How long it may take to answer, ms. */
const DEADLINE_MS = 2_000;

export async function nameServerCheck(file = FILE): Promise<DoctorCheck> {
  const address = firstNameServer(file);
  if (address === null)
    return { name: 'names', status: 'warn', found: `${file} has no IPv4 name server: guests find no names`, fix: FIX };
  const trouble = await ask(address);
  if (trouble === null) return { name: 'names', status: 'ok', found: `guests ask ${address}, this host's name server` };
  const found = `the name server ${address} ${trouble}: guests find no names`;
  return { name: 'names', status: 'warn', found, fix: FIX };
}

/** As libslirp reads the file (get_dns_addr_resolv_conf in its slirp.c). */
function firstNameServer(file: string): string | null {
  const addresses = [...text(file).matchAll(/^nameserver\s+(\S+)/gm)].map((found) => found[1] ?? '');
  return addresses.find((address) => isIPv4(address)) ?? null;
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // A host without the file has no name server either.
    return '';
  }
}

/** Who serves the root (RFC 1035, 4.1): whatever it answers, it is there. */
const QUESTION = Buffer.from([0x6d, 0x76, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1]);
const PORT = 53;

/** What is wrong with it, null when it answers. */
async function ask(address: string): Promise<string | null> {
  const socket = createSocket('udp4');
  try {
    socket.connect(PORT, address);
    await once(socket, 'connect');
    socket.send(QUESTION);
    await once(socket, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) });
    return null;
  } catch (error) {
    const { name, code } = error as NodeJS.ErrnoException;
    if (name === 'AbortError') return `does not answer within ${DEADLINE_MS / 1000} s`;
    return code === 'ECONNREFUSED' ? 'is not there' : `cannot be reached (${code})`;
  } finally {
    socket.close();
  }
}
