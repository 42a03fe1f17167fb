import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { probeAccelerators } from '../../vmm/engine/probe.ts';
import { readTscKhz } from '../../vmm/engine/qemu/tsc-rate.ts';
import { makeBench } from './bench.ts';

test('finds an accelerator on this host, once, and leaves no guest behind', async () => {
  const { engine, folder } = await makeBench();
  const options = {
    engine,
    folder,
    cacheFile: join(folder, 'accelerators.json'),
    warn: () => undefined,
    // The ruler has no agent: whatever comes out of its console shows that a vCPU runs.
    signOfLife: ({ console }: { console: string }, signal: AbortSignal) => readTscKhz({ console }, signal),
  };
  const first = await probeAccelerators(options);
  expect(first.verdicts.map(({ name }) => name)).toEqual(['kvm', 'tcg']);
  expect(first.verdicts).toContainEqual({ name: 'tcg', available: true });
  expect(await probeAccelerators(options)).toEqual({ ...first, fromCache: true });
  expect(readdirSync(folder).filter((name) => name.startsWith('probe-'))).toEqual([]);
});

test('measures the same TSC rate each time', async () => {
  const { engine, folder } = await makeBench();
  const measure = () => engine.measureTscKhz({ folder, warn: () => undefined }, 30_000);
  const [one, two] = [await measure(), await measure()];
  expect(Math.abs(one / two - 1)).toBeLessThan(0.0005);
});
