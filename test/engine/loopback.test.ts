import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LaunchPlan } from '../../vmm/engine/engine.ts';
import { diskWith, Guest, type ImageDisk } from '../guest/guest.ts';
import { compileForGuest, hasGo } from '../guest-program.ts';
import { onEachEngine } from './engines.ts';

const why = hasGo ? '' : ' (skipped: Go is not installed)';

describe.skipIf(!hasGo)(`the host's loopback${why}`, () => {
  let folder: string;
  let image: ImageDisk;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mvm-loopback-'));
    const knock = await compileForGuest(join(import.meta.dirname, 'knock'), folder);
    image = diskWith('knock', [{ path: 'knock', kind: 'file', mode: 0o755, content: knock }]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  let service: Service;
  beforeEach(async () => {
    service = await Service.open();
  });
  afterEach(() => service.close());

  onEachEngine(({ name, env }) => {
    const isOpen = name === 'stock';

    test(`is ${isOpen ? 'open' : 'closed'} to what a guest's program asks for`, async () => {
      const guest = await Guest.machine(image, { env });
      const { stdout } = await guest.run(['/knock', 'tcp', `10.0.2.2:${service.port}`]);
      await guest.end();
      expect(stdout).toMatch(isOpen ? 'said secret' : 'connection refused');
      expect(service.connections).toBe(isOpen ? 1 : 0);
    });

    test(`is ${isOpen ? 'open' : 'closed'} to what root of a guest puts on the wire`, async () => {
      const port = await freeUdpPort();
      const forwards = [{ protocol: 'udp', hostAddress: '127.0.0.1', hostPort: port, guestPort: 7 } as const];
      const guest = await Guest.machine(image, { env, forwards });
      await guest.run(['/knock', 'frames', `${service.port}`]);
      // The answer to a datagram of the service's own comes behind all of them.
      const answering = guest.run(['/knock', 'answer', '7', '1']);
      while (!service.heard.includes('over')) await service.say('over', port);
      const { stdout } = await answering;
      await guest.end();
      expect(stdout).toBe('listens\n10.0.2.2\n');
      expect(service.connections > 0).toBe(isOpen);
      const heard = service.heard.filter((said) => said !== 'over');
      expect(heard.some((said) => said === 'plain to 127.0.0.1')).toBe(isOpen);
      if (!isOpen) expect(heard).toEqual([]);
    });

    // Debian 12's libslirp, and with it its QEMU, dies of this.
    test.runIf(name === 'own')('is knocked at with half a datagram, which harms nobody', async () => {
      const guest = await Guest.machine(image, { env });
      await guest.run(['/knock', 'piece']);
      const { stdout } = await guest.run(['echo', 'lives']);
      await guest.end();
      expect(stdout).toBe('lives\n');
    });

    test.skipIf(process.getuid?.() !== 0)(
      'serves names, though the resolver of the host be there (skipped without root: port 53)',
      async () => {
        const resolver = await openResolver('127.77.7.53');
        const guest = await Guest.machine(image, { env, adapt: (plan) => withResolver(plan, folder, '127.77.7.53') });
        const { stdout } = await guest.run(['/knock', 'lookup', '10.0.2.3:53', 'name.example']);
        await guest.end();
        resolver.close();
        expect(stdout).toBe('[192.0.2.7] <nil>\n');
      },
    );
  });
});

/** Something on the host's loopback that no guest should find: the same port for TCP and UDP. */
class Service {
  readonly port: number;
  readonly heard: string[] = [];
  connections = 0;
  readonly #server: Server;
  readonly #socket: Socket;

  static async open(): Promise<Service> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = createSocket('udp4').bind((server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'listening');
    return new Service(server, socket);
  }

  constructor(server: Server, socket: Socket) {
    this.#server = server;
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on('message', (said) => this.heard.push(said.toString()));
    server.on('connection', (client) => {
      this.connections++;
      // One that came without a whole handshake is reset.
      client.on('error', () => client.destroy()).end('secret');
    });
  }

  /** Sends a datagram, and gives its answer some time. */
  async say(text: string, port: number): Promise<void> {
    this.#socket.send(text, port, '127.0.0.1');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }

  close(): void {
    this.#server.close();
    this.#socket.close();
  }
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** Knows one address for every name. */
async function openResolver(address: string): Promise<Socket> {
  const socket = createSocket('udp4').bind(53, address);
  await once(socket, 'listening');
  socket.on('message', (query, from) => {
    const isForIpv4 = query.readUInt16BE(query.indexOf(0, 12) + 1) === 1;
    const end = query.indexOf(0, 12) + 5;
    const answer = Buffer.from('c00c00010001000000010004c0000207', 'hex');
    const header = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80, 0, 1, 0, isForIpv4 ? 1 : 0, 0, 0, 0, 0]);
    const parts = [header, query.subarray(12, end), ...(isForIpv4 ? [answer] : [])];
    socket.send(Buffer.concat(parts), from.port, from.address);
  });
  return socket;
}

/** Runs the engine where /etc/resolv.conf names this resolver. */
function withResolver(plan: LaunchPlan, folder: string, address: string): LaunchPlan {
  const file = join(folder, 'resolv.conf');
  writeFileSync(file, `nameserver ${address}\n`);
  const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
  return { ...plan, command: 'unshare', argv: ['-m', 'sh', '-c', script, file, plan.command, ...plan.argv] };
}
