/** Serves the window's page on loopback and passes on what it asks of the service: a browser without a desktop app. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { extname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { json } from 'node:stream/consumers';
import { type WebSocket, WebSocketServer } from 'ws';
import { addressOf, type CallName, operations } from '../../vmm/contract/operations.ts';
import { contentType, PAGE_POLICY } from '../../vmm/contract/page.ts';
import { type PageCall, pageDoor } from '../../vmm/contract/page-door.ts';

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
    const path = incoming.url?.split('?', 1)[0] ?? '/';
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
  const calls = new WebSocketServer({ noServer: true });
  server.on('upgrade', (incoming, socket, head) => {
    if (incoming.url === pageDoor.calls) {
      upgraded.add(socket);
      socket.on('close', () => upgraded.delete(socket));
      calls.handleUpgrade(incoming, socket, head, (client) => passCalls(client, socketPath));
      return;
    }
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

/** As the door for browsers takes them, for a page that has no key. */
function passCalls(client: WebSocket, socketPath: () => string): void {
  client.on('message', (data) => {
    const { id, name, input } = JSON.parse(data.toString()) as PageCall;
    passCall(socketPath(), name, input).then(
      (answer) => client.send(JSON.stringify({ id, ...answer })),
      // The service is gone, and so is the page's way to it.
      () => client.terminate(),
    );
  });
}

async function passCall(socketPath: string, name: CallName, input: object): Promise<object> {
  const { method } = operations[name];
  const { path, rest } = addressOf(operations[name].path, input as Record<string, unknown>);
  const inQuery = method === 'GET' || method === 'DELETE';
  const query = new URLSearchParams(Object.entries(rest).map(([field, value]) => [field, String(value)]));
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request({ socketPath, method, path: inQuery ? `${path}?${query}` : path, agent: false }, resolve);
    sent.on('error', reject);
    sent.end(inQuery ? undefined : JSON.stringify(rest));
  });
  const body = (await json(answer)) as { error?: unknown };
  return answer.statusCode === 200 ? { type: 'answer', output: body } : { type: 'refusal', error: body.error };
}
