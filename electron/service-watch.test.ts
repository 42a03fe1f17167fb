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

const SNAPSHOT = {
  type: 'snapshot',
  revision: 1,
  version: {},
  settings: { pinnedImages: ['linux'], pinnedCommands: [] },
  machines: [],
  images: [],
  terminals: [],
};

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
  sockets.on('connection', (socket) => socket.send(JSON.stringify(SNAPSHOT)));
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
  const home = await served({ '/v1/history?limit=50': { runs: [] } }, damaged);
  const { desk, said } = await watched(home);
  expect(desk.pins).toEqual({ images: ['linux'], commands: [] });
  expect(said).toEqual([]);
});

it('says why the history was not answered, and knows what the snapshot told', async () => {
  const { desk, said } = await watched(await served({}, damaged));
  expect(desk).toMatchObject({ history: [], pins: { images: ['linux'] } });
  expect(said).toEqual(["the service's history cannot be read: the catalog cannot be read"]);
});
