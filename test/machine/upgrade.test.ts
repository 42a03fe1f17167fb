import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundlesOf, VERSION } from '../versions.ts';
import { eventually, hasEnded, type World, world } from '../world.ts';

const served = async (w: World): Promise<{ version: string; pid: number }> =>
  (await w.api('GET', '/v1/version')).body as { version: string; pid: number };

describe('the service of an older mvm', () => {
  it('hands its machines and its programs over to the newer one, which loses nothing of them', async () => {
    const w = world({ bundles: bundlesOf('0.0.1') });
    await w.mvm(['run', '-d', '--name', 'kept', 'linux', 'sleep', '600']);
    const counting = w.start(['run', 'linux', 'sh', '-c', 'for i in 1 2 3 4 5 6; do echo $i; sleep 0.5; done; exit 9']);
    await eventually(() => counting.stdout().includes('1'), 'the count');
    const before = await served(w);
    expect(before.version).toBe('0.0.1');
    const newer = w.with({ bundles: null });
    const listed = await newer.mvm(['ps', '--json']);
    expect([listed.code, listed.stderr]).toEqual([0, '']);
    expect(await served(w)).toMatchObject({ version: VERSION });
    expect(hasEnded(before.pid)).toBe(true);
    expect((await newer.mvm(['exec', 'kept', 'echo', 'there'])).stdout).toBe('there\n');
    expect(await counting.ended).toMatchObject({ code: 9, stdout: '1\n2\n3\n4\n5\n6\n' });
  });

  it('makes way although the client that started it stands still, which goes on later', async () => {
    const w = world({ bundles: bundlesOf('0.0.1') });
    const client = w.start(['run', '-i', 'linux', 'cat']);
    await eventually(async () => (await w.states()).includes('running'), 'the program');
    client.child.kill('SIGSTOP');
    const listed = await w.with({ bundles: null }).mvm(['ps', '--json']);
    expect([listed.code, listed.stderr]).toEqual([0, '']);
    expect(await served(w)).toMatchObject({ version: VERSION });
    client.child.kill('SIGCONT');
    client.child.stdin?.end('through');
    expect(await client.ended).toMatchObject({ code: 0, stdout: 'through' });
  });

  it('serves an even older command line, which does not end it', async () => {
    const w = world();
    await w.mvm(['ps']);
    const before = await served(w);
    expect((await w.with({ bundles: bundlesOf('0.0.1') }).mvm(['ps'])).code).toBe(0);
    expect(await served(w)).toEqual(before);
  });

  it('makes way for a newer build of its own program, and not for one that is the same', async () => {
    const bundles = bundlesOf(VERSION);
    const w = world({ bundles });
    await w.mvm(['ps']);
    const { pid } = await served(w);
    await w.mvm(['ps']);
    expect((await served(w)).pid).toBe(pid);
    const later = new Date(Date.now() + 5_000);
    utimesSync(join(bundles, 'service.mjs'), later, later);
    await w.mvm(['ps']);
    expect((await served(w)).pid).not.toBe(pid);
  });

  it('is asked once by many who come at the same time', async () => {
    const w = world({ bundles: bundlesOf('0.0.1') });
    await w.mvm(['run', '-d', '--name', 'kept', 'linux', 'sleep', '600']);
    const newer = w.with({ bundles: null });
    const answers = await Promise.all(Array.from({ length: 5 }, () => newer.mvm(['ps', '-q'])));
    const id = answers[0]?.stdout;
    expect(id).toMatch(/^[0-9a-f]{12}\n$/);
    expect(answers.map(({ code, stdout, stderr }) => [code, stdout, stderr])).toEqual(Array(5).fill([0, id, '']));
    expect(w.serviceLog().match(new RegExp(`mvm ${VERSION} serves`, 'g'))).toHaveLength(1);
  });
});
