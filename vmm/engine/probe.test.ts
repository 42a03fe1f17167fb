import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MvmError } from '../contract/errors.ts';
import type { Engine, EngineExit, EngineHandle } from './engine.ts';
import { type ProbeOptions, probeAccelerators } from './probe.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mvm-probe-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** An engine that starts nothing; it counts what it was asked for. */
class PretendedEngine {
  launches = 0;
  measurements = 0;
  ended = 0;
  identity = 'one';
  #exit!: (exit: EngineExit) => void;

  plan = () => ({}) as ReturnType<Engine['plan']>;

  async launch(): Promise<EngineHandle> {
    this.launches++;
    const exited = new Promise<EngineExit>((resolve) => {
      this.#exit = resolve;
    });
    return { exited, end: async () => this.die(null, 'SIGKILL') } as unknown as EngineHandle;
  }

  async measureTscKhz(): Promise<number> {
    this.measurements++;
    return 2_500_000;
  }

  die(code: number | null, signal: string | null): void {
    this.ended++;
    this.#exit({ code, signal });
  }
}

const usable = { obstacle: null, identity: 'usable' };

function probe(engine: PretendedEngine, more: Partial<ProbeOptions> = {}) {
  return probeAccelerators({
    engine: engine as unknown as Engine,
    folder,
    cacheFile: join(folder, 'accelerators.json'),
    warn: () => undefined,
    signOfLife: async () => undefined,
    kvm: usable,
    ...more,
  });
}

const hanging = () => new Promise(() => undefined);

test('chooses KVM when a guest shows a sign of life, and ends that guest', async () => {
  const engine = new PretendedEngine();
  const { chosen, verdicts } = await probe(engine);
  expect(chosen).toEqual({ name: 'kvm' });
  expect(verdicts).toContainEqual({ name: 'kvm', available: true });
  expect(engine.ended).toBe(1);
  expect(readdirSync(folder)).toEqual(['accelerators.json']);
});

test('settles on TCG when the guest under KVM hangs, and says why', async () => {
  const engine = new PretendedEngine();
  const { chosen, verdicts } = await probe(engine, { signOfLife: hanging });
  expect(chosen).toEqual({ name: 'tcg', tscKhz: 2_500_000 });
  expect(verdicts).toContainEqual({
    name: 'kvm',
    available: false,
    reason: '/dev/kvm is there but a guest did not start within 1.2 s',
  });
  expect(engine.ended).toBe(1);
});

test('does not wait for the deadline when the guest ends by itself', async () => {
  const engine = new PretendedEngine();
  const probing = probe(engine, {
    signOfLife: () => {
      setTimeout(() => engine.die(1, null), 5);
      return hanging();
    },
  });
  const { verdicts } = await probing;
  expect(verdicts[0]).toMatchObject({ available: false, reason: expect.stringContaining('it ended (code 1)') });
});

test('says why the engine ended when all that was noticed first is a broken line to its guest', async () => {
  const engine = new PretendedEngine();
  const { verdicts } = await probe(engine, {
    signOfLife: () => {
      setTimeout(() => engine.die(null, 'SIGABRT'), 20);
      return Promise.reject(new Error('the line is closed'));
    },
  });
  expect(verdicts[0]).toMatchObject({ reason: expect.stringContaining('it ended (SIGABRT)') });
});

test('starts nothing under KVM when the device forbids it', async () => {
  const engine = new PretendedEngine();
  const { verdicts } = await probe(engine, { kvm: { obstacle: 'there is no /dev/kvm', identity: 'none' } });
  expect(verdicts[0]).toEqual({ name: 'kvm', available: false, reason: 'there is no /dev/kvm' });
  expect(engine.launches).toBe(0);
});

test('remembers what it found, once for a host, engine and device', async () => {
  const engine = new PretendedEngine();
  const first = await probe(engine);
  const second = await probe(engine);
  expect(second).toEqual({ ...first, fromCache: true });
  expect(engine.launches).toBe(1);
  expect(await probe(engine, { fresh: true })).toMatchObject({ fromCache: false });
  engine.identity = 'another';
  expect(await probe(engine)).toMatchObject({ fromCache: false });
  expect(await probe(engine, { kvm: { ...usable, identity: 'changed' } })).toMatchObject({ fromCache: false });
});

test.each([
  ['is cut off', (text: string) => text.slice(0, -20)],
  ['is empty', () => ''],
  ['holds nonsense', (text: string) => text.replace('"kvm"', '"warp"')],
  ['lacks the TSC rate', (text: string) => text.replace('"name": "kvm"', '"name": "tcg"')],
])('probes again when the memory %s', async (_, damage) => {
  const engine = new PretendedEngine();
  await probe(engine);
  const file = join(folder, 'accelerators.json');
  writeFileSync(file, damage(readFileSync(file, 'utf8')));
  expect(await probe(engine)).toMatchObject({ fromCache: false, chosen: { name: 'kvm' } });
});

test('serves where the result cannot be written down', async () => {
  const result = await probe(new PretendedEngine(), { cacheFile: join(folder, 'missing', 'accelerators.json') });
  expect(result.chosen).toEqual({ name: 'kvm' });
});

test('reports a guest that does not die', async () => {
  const engine = new PretendedEngine();
  const stuck = new MvmError('engine.stuck', 'QEMU (process 7) does not end although it was killed');
  engine.launch = async () => ({ exited: hanging(), end: () => Promise.reject(stuck) }) as unknown as EngineHandle;
  const warnings: string[] = [];
  await probe(engine, { warn: (line) => warnings.push(line) });
  expect(warnings).toEqual([stuck.message]);
});

test('fails with both reasons when no guest runs at all', async () => {
  const engine = new PretendedEngine();
  engine.measureTscKhz = () => Promise.reject(new MvmError('engine.failed', 'QEMU ended with code 1'));
  const failing = probe(engine, { kvm: { obstacle: 'there is no /dev/kvm', identity: 'none' } });
  await expect(failing).rejects.toMatchObject({
    code: 'engine.no-accelerator',
    details: { kvm: 'there is no /dev/kvm', tcg: 'a guest did not start: QEMU ended with code 1' },
  });
});
