/** Published ports as people write them, docker's way: `[address:][host port:]guest port[/udp]`, ports may be ranges. */
import { MvmError } from './errors.ts';
import type { PortProtocol, PortSpec } from './types.ts';

/** Unlike docker's, a published port is for this host alone until another address is named. */
const DEFAULT_ADDRESS = '127.0.0.1';

/** Most ports that one machine publishes: each is a listening socket of its engine. */
export const MOST_PORTS = 1000;

/** `-p 8080:80`, `-p [::1]:8080-8090:80-90/udp`, `-p 80` (any free port). @throws MvmError `usage` */
export function parsePublish(text: string): PortSpec[] {
  const found = /^(?:(\[[^\]]*\]|[^:[\]]*):)??(?:([0-9-]*):)?([0-9-]+)(?:\/(\w+))?$/.exec(text);
  if (!found) throw wrong(text, 'is not a port', 'For example 8080:80, 127.0.0.1:8080:80/udp or [::1]:8080:80.');
  const [, address, host, guest = '', protocol = 'tcp'] = found;
  const hostAddress = readAddress(text, address);
  const guestPorts = readRange(text, guest, 1);
  const hostPorts = host ? readRange(text, host, 0) : null;
  if (hostPorts && hostPorts.length !== guestPorts.length)
    throw wrong(text, 'has two ranges of different length', 'For example 8000-8002:80-82.');
  const kind = protocol.toLowerCase();
  if (kind !== 'tcp' && kind !== 'udp') throw wrong(text, `asks for '${protocol}'`, 'Either tcp or udp.');
  return guestPorts.map((guestPort, index) => ({
    protocol: kind,
    hostAddress,
    hostPort: hostPorts?.[index] ?? 0,
    guestPort,
  }));
}

/** `80`, `53/udp`, `8000-8010/tcp`: ports of a guest, each to be published at any that is free; null for what is none. */
export function readExposed(text: string): PortSpec[] | null {
  const [, first, last = first, protocol = 'tcp'] = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp))?$/i.exec(text) ?? [];
  const [low, high] = [Number(first), Number(last)];
  if (!(low >= 1 && high >= low && high <= HIGHEST && high - low < MOST_PORTS)) return null;
  return Array.from({ length: high - low + 1 }, (_, index) => ({
    protocol: protocol.toLowerCase() as PortProtocol,
    hostAddress: DEFAULT_ADDRESS,
    hostPort: 0,
    guestPort: low + index,
  }));
}

/** What `parsePublish` reads as this port, as short as it goes. */
export function publishText({ protocol, hostAddress, hostPort, guestPort }: PortSpec): string {
  const host = hostPort === 0 ? '' : String(hostPort);
  const end = protocol === 'tcp' ? String(guestPort) : `${guestPort}/${protocol}`;
  if (hostAddress !== DEFAULT_ADDRESS) return `${bracketed(hostAddress)}:${host}:${end}`;
  return host === '' ? end : `${host}:${end}`;
}

/** `127.0.0.1:8080`, `[::1]:8080`. */
export const hostEnd = ({ hostAddress, hostPort }: PortSpec): string => `${bracketed(hostAddress)}:${hostPort}`;

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** `127.0.0.1:8080->80/tcp`, as docker's table has it. */
export const portText = (port: PortSpec): string => `${hostEnd(port)}->${port.guestPort}/${port.protocol}`;

/** Brackets around an IPv6 address tell its colons from ours. Whether this host has the address shows when it is used. */
function readAddress(text: string, written: string | undefined): string {
  if (!written) return DEFAULT_ADDRESS;
  const address = written.startsWith('[') ? written.slice(1, -1) : written;
  if (address === 'localhost') return DEFAULT_ADDRESS;
  const isAddress = written.startsWith('[') ? isIPv6(address) : isIPv4(address);
  if (!isAddress) throw wrong(text, `names '${written}', which is no address`, 'An IPv4 address, or [IPv6].');
  return address;
}

const isIPv4 = (text: string): boolean => /^(\d{1,3})(\.\d{1,3}){3}$/.test(text) && text.split('.').every(isByte);
const isByte = (text: string): boolean => Number(text) < 256 && String(Number(text)) === text;

/** By the same rules as a URL's host. */
function isIPv6(text: string): boolean {
  return URL.canParse(`http://[${text}]/`);
}

const HIGHEST = 65_535;

function readRange(text: string, range: string, least: 0 | 1): number[] {
  const found = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range);
  const first = Number(found?.[1]);
  const last = Number(found?.[2] ?? found?.[1]);
  if (!found || first < least || last > HIGHEST || last < first)
    throw wrong(text, `has '${range}', which is no port or range`, `Ports go from 1 to ${HIGHEST}.`);
  if (last - first >= MOST_PORTS) throw wrong(text, 'is too wide a range', `At most ${MOST_PORTS} ports a machine.`);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

const wrong = (text: string, what: string, hint: string): MvmError =>
  new MvmError('usage', `--publish: '${text}' ${what}`, { hint });
