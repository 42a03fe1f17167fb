/** Serves the window's page on loopback and passes on what it asks of the service: a browser without a desktop app. */
import { readFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { extname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { contentType, PAGE_POLICY } from '../../vmm/contract/page.ts';

const PAGE = join(import.meta.dirname, '../../.build/renderer');

export interface PageServer {
  origin: string;
  /** as if the service had died: every connection of it breaks */
  cut(): void;
  close(): Promise<void>;
}

/** `socketPath` is asked anew for each request: a service that was started again may listen elsewhere. */
export async function servePage(socketPath: () => string): Promise<PageServer> {
  const server = createServer((incoming, outgoing) => {
    const { method, headers, url = '/' } = incoming;
    if (!url.startsWith('/v1/')) {
      const path = url.split('?', 1)[0] ?? '/';
      const name = path === '/' ? 'index.html' : path.slice(1);
      try {
        const body = readFileSync(join(PAGE, name));
        outgoing.writeHead(200, {
          'Content-Type': contentType(extname(name)),
          'Content-Security-Policy': PAGE_POLICY,
        });
        outgoing.end(body);
      } catch {
        // Only the page's own files are here.
        outgoing.writeHead(404).end();
      }
      return;
    }
    const passed = request({ socketPath: socketPath(), method, path: url, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  const upgraded = new Set<Duplex>();
  passUpgrades(server, socketPath, upgraded);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    cut: () => {
      for (const socket of upgraded) socket.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function passUpgrades(server: Server, socketPath: () => string, upgraded: Set<Duplex>): void {
  server.on('upgrade', (incoming, socket, head) => {
    const upstream = connect(socketPath());
    upgraded.add(socket);
    const headers = Object.entries(incoming.headers).map(([name, value]) => `${name}: ${value}`);
    upstream.write(`GET ${incoming.url} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
    upstream.write(head);
    upstream.pipe(socket).pipe(upstream);
    for (const end of [upstream, socket]) end.on('error', () => [upstream, socket].map((each) => each.destroy()));
    upstream.on('close', () => socket.destroy());
    socket.on('close', () => {
      upgraded.delete(socket);
      upstream.destroy();
    });
  });
}
