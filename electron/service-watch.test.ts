import { mkdirSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { ErrorBody } from '../vmm/contract/types.ts';
import { homePaths, serviceSocket } from '../vmm/paths.ts';
import type { Desk } from './desk.ts';
import { ServiceWatch } from './service-watch.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

const PINS = { pinnedImages: ['linux'], pinnedCommands: [] };

/** A home whose service tells a snapshot and answers calls so; what it has no answer for fails. */
async function served(answers: Record<string, object>, failure: ErrorBody): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'mvm-watch-'));
  const { run } = homePaths(home);
  mkdirSync(run);
  const server = createServer((request, response) => {
    const answer = answers[request.url ?? ''];
    response.statusCode = answer ? 200 : 500;
    response.end(JSON.stringify(answer ?? { error: failure }));
  });
  const sockets = new WebSocketServer({ server });
  const snapshot = { type: 'snapshot', revision: 1, machines: [], images: [], terminals: [] };
  sockets.on('connection', (socket) => socket.send(JSON.stringify(snapshot)));
  await new Promise<void>((resolve) => server.listen(serviceSocket(run), resolve));
  endings.push(() => server.close());
  return home;
}

/** What is known of the service when its questions are answered, and what the log says by then. */
async function watched(home: string): Promise<{ desk: Desk; said: string[] }> {
  const said: string[] = [];
  const { promise, resolve } = Promise.withResolvers<Desk>();
  const watch = new ServiceWatch({
    service: { home, entry: null },
    log: { line: (text) => void said.push(text) },
    onChange: (desk, _before, event) => desk.connected && event === null && resolve(desk),
  });
  const over = watch.run();
  endings.unshift(() => {
    watch.end();
    return over;
  });
  return { desk: await promise, said };
}

const damaged: ErrorBody = { code: 'catalog.damaged', message: 'the catalog cannot be read' };

it('knows what the service answered, and says nothing of it', async () => {
  const home = await served({ '/v1/history?limit=50': { runs: [] }, '/v1/settings': PINS }, damaged);
  const { desk, said } = await watched(home);
  expect(desk.pins).toEqual({ images: ['linux'], commands: [] });
  expect(said).toEqual([]);
});

it('says which question was not answered and why, and knows the answer to the other', async () => {
  const { desk, said } = await watched(await served({ '/v1/settings': PINS }, damaged));
  expect(desk).toMatchObject({ history: [], pins: { images: ['linux'] } });
  expect(said).toEqual(["the service's history cannot be read: the catalog cannot be read"]);
});

it('says it of each that was not answered', async () => {
  const { said } = await watched(await served({}, damaged));
  expect(said.toSorted()).toEqual([
    "the service's history cannot be read: the catalog cannot be read",
    "the service's settings cannot be read: the catalog cannot be read",
  ]);
});
