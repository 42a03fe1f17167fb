import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { Image } from '../../vmm/contract/types.ts';
import { openCatalog } from './catalog.ts';
import { tryLock } from './lock.ts';
import { migrations } from './migrations/index.ts';

const newPath = (): string => join(mkdtempSync(join(tmpdir(), 'mvm-catalog-')), 'catalog.db');

const run = (at: number) => ({ at, machine: 'm', image: 'a', argv: ['x'], envNames: ['TOKEN'], request: null });

const image = (reference: string | null, digest: string): Image => ({
  reference,
  digest,
  platform: { os: 'linux', architecture: 'amd64' },
  config: {
    entrypoint: [],
    cmd: [],
    env: [],
    workingDir: '',
    user: '',
    labels: {},
    exposedPorts: [],
    stopSignal: null,
  },
  bytes: 1,
  diskBytes: null,
  created: 2,
  builtin: false,
});

describe('the catalog', () => {
  it('remembers images, settings and history across openings', () => {
    const path = newPath();
    const first = openCatalog(path);
    first.images.put(image('a', 'sha256:1'));
    first.images.put(image('a', 'sha256:2'));
    first.settings.set('cpus', 2);
    const { id } = first.history.start(run(1));
    expect(first.history.finish(id, 3, 4.4)).toMatchObject({ id, exitCode: 3 });
    first.close();
    const again = openCatalog(path);
    expect(again.images.all().map(({ digest }) => digest)).toEqual(['sha256:2']);
    expect(again.settings.get('cpus')).toBe(2);
    expect(again.history.recent(5)).toEqual([{ ...run(1), id: 1, exitCode: 3, durationMs: 4 }]);
  });

  it('keeps the last thousand runs', () => {
    const { history } = openCatalog(newPath());
    for (let at = 0; at < 1010; at++) history.start(run(at));
    expect(history.recent(2000)).toHaveLength(1000);
    expect(history.recent(1)[0]?.at).toBe(1009);
  });

  it.each([
    ['garbage from the start', (path: string) => writeFileSync(path, 'no database at all '.repeat(500))],
    [
      'garbage in the middle',
      (path: string) => {
        const file = openSync(path, 'r+');
        writeSync(file, Buffer.alloc(8192, 0xaa), 0, 8192, 4096);
        closeSync(file);
      },
    ],
  ])('that is %s is set aside; settings and history come from the copy', (_what, damage) => {
    const path = newPath();
    const first = openCatalog(path);
    first.settings.set('cpus', 2);
    first.close();
    openCatalog(path).close();
    for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
    damage(path);
    const rebuilt = openCatalog(path);
    expect(rebuilt.setAside && existsSync(rebuilt.setAside)).toBe(true);
    expect(rebuilt.settings.get('cpus')).toBe(2);
  });

  it('has the machines that there are, whatever it had before', () => {
    const { machines } = openCatalog(newPath());
    machines.put({ id: 'a', name: 'web', created: 1 });
    machines.put({ id: 'b', name: 'web', created: 2 });
    expect(machines.idOf('web')).toBe('b');
    machines.put({ id: 'c', name: 'db', created: 3 });
    machines.replaceAll([
      { id: 'c', name: 'db', created: 3 },
      { id: 'd', name: 'web', created: 4 },
    ]);
    expect([machines.idOf('web'), machines.idOf('db')]).toEqual(['d', 'c']);
  });

  it('falls back to the older copy when the newest is damaged as well', () => {
    const path = newPath();
    const first = openCatalog(path);
    first.settings.set('cpus', 2);
    first.close();
    openCatalog(path).close();
    openCatalog(path).close();
    for (const damaged of [path, `${path}.copy-1`]) writeFileSync(damaged, 'no database at all '.repeat(500));
    const rebuilt = openCatalog(path);
    expect(rebuilt.setAside).not.toBeNull();
    expect(rebuilt.settings.get('cpus')).toBe(2);
  });

  it('takes settings and history from a copy that an earlier mvm made', () => {
    const path = newPath();
    const copy = new Database(`${path}.copy-1`);
    copy.exec(migrations[0] ?? '');
    copy.exec(`INSERT INTO history (at, image, argv, env_names) VALUES (7, 'a', '["x"]', '["TOKEN"]')`);
    copy.close();
    writeFileSync(path, 'no database at all '.repeat(500));
    const { history } = openCatalog(path);
    expect(history.recent(5)).toMatchObject([{ at: 7, argv: ['x'], machine: null, request: null }]);
  });

  it('tells a past run of an earlier mvm as a whole one, with what runs could not ask for then', () => {
    const path = newPath();
    openCatalog(path).close();
    const db = new Database(path);
    const request = JSON.stringify({ image: 'a', command: ['x'], name: 'web', tty: true });
    db.prepare(`INSERT INTO history (at, image, argv, env_names, request) VALUES (7, 'a', '["x"]', '[]', ?)`).run(
      request,
    );
    db.close();
    const [past] = openCatalog(path).history.recent(1);
    expect(past?.request).toMatchObject({ name: 'web', tty: true, ports: [], labels: {}, network: null });
  });

  it('of a newer mvm is not touched', () => {
    const path = newPath();
    openCatalog(path).close();
    const db = new Database(path);
    db.pragma('user_version = 99');
    db.close();
    expect(() => openCatalog(path)).toThrow('newer mvm');
    expect(new Database(path).pragma('user_version', { simple: true })).toBe(99);
  });
});

describe('the lock', () => {
  it('is held by one at a time', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'mvm-lock-')), 'service.lock');
    const first = tryLock(path);
    expect(tryLock(path)).toBeNull();
    first?.release();
    const second = tryLock(path);
    expect(second).not.toBeNull();
    second?.release();
  });
});
