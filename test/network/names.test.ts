/** A guest finds names as its host does: here the host is a network of its own with a name server of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, type World, world } from '../world.ts';

const canSeparate = process.getuid?.() === 0 && spawnSync('unshare', ['--net', '--mount', 'ip', 'link']).status === 0;
const why = canSeparate ? '' : ' (skipped: only root makes networks of its own)';
const CLI = join(import.meta.dirname, '../../.build/cli.cjs');
const NAME_SERVER = join(import.meta.dirname, 'name-server/main.ts');

describe.skipIf(!canSeparate)(`a guest's names${why}`, () => {
  let w: World;
  let folder: string;
  let network: ChildProcess;
  const servers: ChildProcess[] = [];

  /** The host's word on who knows names, read anew by whoever asks. */
  const nameServerIs = (address: string | null): void =>
    writeFileSync(join(folder, 'resolv.conf'), address === null ? '' : `nameserver ${address}\n`);

  const inside = (...argv: string[]): string[] => ['-t', String(network.pid), '--net', '--mount', ...argv];

  /** Resolves when it answers. */
  async function serveNames(address: string, name: string, answer: string): Promise<ChildProcess> {
    const server = spawn('nsenter', inside(process.execPath, NAME_SERVER, address, name, answer));
    servers.push(server);
    await once(server.stdout, 'data');
    return server;
  }

  beforeEach(async () => {
    w = world();
    folder = mkdtempSync(join(tmpdir(), 'mvm-names-'));
    nameServerIs('127.0.0.1');
    const script = `ip link set lo up && mount --bind ${folder}/resolv.conf /etc/resolv.conf && echo ready && exec sleep 1d`;
    network = spawn('unshare', ['--net', '--mount', '--propagation', 'private', 'sh', '-c', script]);
    await once(network.stdout as NonNullable<typeof network.stdout>, 'data');
    // The service lives in that network, and so do its guests; its socket is a file that is seen from here too.
    expect(spawnSync('nsenter', inside(process.execPath, CLI, 'ps'), { env: w.env }).status).toBe(0);
  });

  afterEach(() => {
    for (const server of servers.splice(0)) server.kill();
    network.kill();
    rmSync(folder, { recursive: true });
  });

  const lookUp = (name: string) => w.mvm(['exec', 'guest', 'nslookup', name]);
  const names = async () =>
    JSON.parse((await w.mvm(['doctor', '--json'])).stdout).checks.find(
      ({ name }: { name: string }) => name === 'names',
    );

  it("are those of the host's name server, also when the host turns to another one", async () => {
    await serveNames('127.0.0.1', 'box.test', '192.0.2.7');
    await serveNames('127.0.0.2', 'box.test', '192.0.2.8');
    await w.mvm(['run', '-d', '--name', 'guest', 'linux', 'sleep', '600']);
    expect((await lookUp('box.test')).stdout).toContain('192.0.2.7');
    expect(await lookUp('nothing.test')).toMatchObject({ code: 1, stdout: expect.stringContaining('NXDOMAIN') });
    expect(await names()).toMatchObject({ status: 'ok', found: expect.stringContaining('guests ask 127.0.0.1') });
    nameServerIs('127.0.0.2');
    await eventually(async () => (await lookUp('box.test')).stdout.includes('192.0.2.8'), 'the other name server');
  });

  it('are looked for in vain when the host has no name server, which guest and doctor say', async () => {
    await w.mvm(['run', '-d', '--name', 'guest', 'linux', 'sleep', '600']);
    for (const [address, doctorSays] of [
      ['127.0.0.1', 'the name server 127.0.0.1 is not there'],
      ['192.0.2.1', 'the name server 192.0.2.1 cannot be reached'],
      [null, 'has no IPv4 name server'],
    ] as const) {
      nameServerIs(address);
      expect(await lookUp('box.test')).toMatchObject({
        code: 1,
        stdout: expect.stringContaining('no servers could be reached'),
      });
      expect(await names()).toMatchObject({ status: 'warn', found: expect.stringContaining(doctorSays) });
    }
  });

  it('are nobody’s business without a network', async () => {
    await serveNames('127.0.0.1', 'box.test', '192.0.2.7');
    const { code, stdout } = await w.mvm(['run', '--net', 'none', 'linux', 'nslookup', 'box.test']);
    expect(code).not.toBe(0);
    expect(stdout).not.toContain('192.0.2.7');
  });
});
