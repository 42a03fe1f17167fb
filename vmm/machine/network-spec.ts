/** What a machine is called, what it finds by which name, and what of it is to be found: checked as it is asked for. */
import { isIP } from 'node:net';
import { MvmError } from '../contract/errors.ts';
import { hostEnd, MOST_PORTS, readExposed } from '../contract/ports.ts';
import type { DnsSpec, HostEntry, Image, NetworkMode, PortSpec, RunRequest } from '../contract/types.ts';
import { HOST_ADDRESS } from './guest-view.ts';

/** As the kernel and DNS have it: labels of letters, digits and dashes, 64 bytes in all. */
export function hostnameFor(text: string): string {
  if (text.length <= 64 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(text)) return text;
  throw new MvmError('run.hostname', `'${text}' cannot be a hostname`, {
    hint: 'Letters, digits and dashes, in parts with dots between, at most 64 characters.',
  });
}

/** docker's word for the host as containers see it is taken as well. */
export function hostEntry({ name, address }: HostEntry): HostEntry {
  const resolved = address === 'host-gateway' ? HOST_ADDRESS : address;
  if (/^[^\s#]+$/.test(name) && isIP(resolved) !== 0) return { name, address: resolved };
  throw new MvmError('run.add-host', `'${name}:${address}' is no host name and address`, {
    hint: 'For example --add-host db:10.0.0.7, or --add-host host:host-gateway for this host.',
  });
}

/** resolv.conf(5) takes three, and what follows them is never asked. */
const MOST_SERVERS = 3;

export function dnsFor({ dns }: RunRequest, network: NetworkMode): DnsSpec {
  const { servers, search, options } = dns;
  if (network === 'none' && [servers, search, options].some((words) => words.length > 0))
    throw new MvmError('run.dns', 'a machine without a network asks no name server', {
      hint: 'Leave out --dns, --dns-search and --dns-option, or choose --net user.',
    });
  const wrong = servers.find((server) => isIP(server) === 0);
  if (wrong !== undefined)
    throw new MvmError('run.dns', `--dns: '${wrong}' is no address`, { hint: 'For example --dns 9.9.9.9.' });
  if (servers.length > MOST_SERVERS)
    throw new MvmError('run.dns', `--dns: ${servers.length} name servers are too many`, {
      hint: `Programs ask the first ${MOST_SERVERS}.`,
    });
  for (const [option, words] of [
    ['--dns-search', search],
    ['--dns-option', options],
  ] as const) {
    const odd = words.find((word) => !/^[^\s#;]+$/.test(word));
    if (odd === undefined) continue;
    throw new MvmError('run.dns', `${option}: '${odd}' cannot stand in the guest's /etc/resolv.conf`, {
      hint: 'Each is one word, such as --dns-search example.com or --dns-option ndots:2.',
    });
  }
  // docker's word for none
  return { servers, search: search.filter((domain) => domain !== '.'), options };
}

/** What is published by name is not published once more by `-P`. */
export function portsFor(request: RunRequest, image: Image, network: NetworkMode): PortSpec[] {
  const exposed = [...request.expose.flatMap(exposedPorts), ...image.config.exposedPorts.flatMap(knownPorts)];
  const ports = request.publishAll ? [...request.ports, ...unpublished(exposed, request.ports)] : request.ports;
  if (ports.length > 0 && network === 'none')
    throw new MvmError('run.ports', 'a machine without a network publishes no ports', {
      hint: 'Leave out --publish and --publish-all, or choose --net user.',
    });
  if (ports.length > MOST_PORTS)
    throw new MvmError('run.ports', `${ports.length} ports are too many for a machine`, {
      hint: `At most ${MOST_PORTS}.`,
    });
  const chosen = ports.filter(({ hostPort }) => hostPort !== 0).map((port) => `${hostEnd(port)}/${port.protocol}`);
  const twice = chosen.find((end, index) => chosen.indexOf(end) !== index);
  if (twice !== undefined) throw new MvmError('run.ports', `--publish: ${twice} is asked for twice`);
  return ports;
}

function exposedPorts(text: string): PortSpec[] {
  const ports = readExposed(text);
  if (ports) return ports;
  throw new MvmError('run.expose', `--expose: '${text}' is no port`, {
    hint: `For example 80, 53/udp or 8000-8010, at most ${MOST_PORTS} in all.`,
  });
}

/** Of an image, those that a machine can publish: there is no SCTP. */
const knownPorts = (text: string): PortSpec[] => readExposed(text) ?? [];

function unpublished(exposed: PortSpec[], published: PortSpec[]): PortSpec[] {
  const seen = new Set(published.map(guestEnd));
  return exposed.filter((port) => !seen.has(guestEnd(port)) && seen.add(guestEnd(port)));
}

const guestEnd = ({ guestPort, protocol }: PortSpec): string => `${guestPort}/${protocol}`;
