import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { EngineProcess } from '../../vmm/engine/engine.ts';
import { isRunning, kill } from '../../vmm/engine/qemu/identity.ts';
import { makeBench } from './bench.ts';

test('finds a machine again after its handle was dropped, and sees its end', async () => {
  const { engine, launch, plan } = await makeBench();
  const wanted = plan();
  const first = await launch(wanted);
  first.detach();
  const again = await engine.adopt(wanted, first.process);
  expect(again?.process).toEqual(first.process);
  expect(await again?.paused()).toBe(false);
  await again?.end();
  expect(await again?.exited).toEqual({ code: null, signal: null });
  expect(isRunning(first.process)).toBe(false);
});

test('sees the end of an adopted machine that nobody ended', async () => {
  const { engine, launch, plan } = await makeBench();
  const wanted = plan();
  const first = await launch(wanted);
  first.detach();
  const again = await engine.adopt(wanted, first.process);
  process.kill(first.process.pid, 'SIGKILL');
  expect(await again?.exited).toEqual({ code: null, signal: null });
});

test('finds a machine whose service was killed', async () => {
  const { engine, folder, plan } = await makeBench();
  const wanted = plan();
  const found = launchElsewhere(folder, wanted);
  onTestFinished(() => void kill(found));
  const handle = await engine.adopt(wanted, found);
  expect(await handle?.paused()).toBe(false);
  await handle?.end();
});

test('finds nothing where the process is gone, or is another with its pid', async () => {
  const { engine, launch, plan } = await makeBench();
  const wanted = plan();
  const handle = await launch(wanted);
  expect(await engine.adopt(wanted, { ...handle.process, startTime: 'another' })).toBeNull();
  expect(isRunning(handle.process)).toBe(true);
  await handle.end(0);
  expect(await engine.adopt(wanted, handle.process)).toBeNull();
});

test('takes no machine for another', async () => {
  const { engine, launch, plan } = await makeBench();
  const wanted = plan();
  const handle = await launch(wanted);
  handle.detach();
  expect(await engine.adopt({ ...wanted, uuid: 'f'.repeat(32) }, handle.process)).toBeNull();
});

test('ends a machine that it can no longer talk to', async () => {
  const { engine, launch, plan } = await makeBench();
  const wanted = plan();
  const handle = await launch(wanted);
  handle.detach();
  rmSync(wanted.sockets.qmp);
  expect(await engine.adopt(wanted, handle.process)).toBeNull();
  await handle.exited;
});

test('ends a machine whose service was killed before it wrote down the process', async () => {
  const { engine, folder, launch, plan } = await makeBench();
  const wanted = plan();
  const stray = launchElsewhere(folder, wanted);
  onTestFinished(() => void kill(stray));
  const other = await launch();
  await engine.endStray(wanted.sockets);
  expect(isRunning(stray)).toBe(false);
  expect(isRunning(other.process)).toBe(true);
});

test('a machine that does not listen yet when it is ended as a stray one ends by itself', async () => {
  const { engine, launch, plan } = await makeBench();
  const wanted = plan();
  await engine.endStray(wanted.sockets);
  await expect(launch(wanted)).rejects.toMatchObject({ code: 'engine.failed' });
});

/** Launches from a process that is killed right after, as a service may be. */
function launchElsewhere(folder: string, plan: object): EngineProcess {
  const script = join(folder, 'service.ts');
  const engine = new URL('../../vmm/engine/qemu/engine.ts', import.meta.url).href;
  writeFileSync(
    script,
    `import { qemuEngine } from '${engine}';
    const engine = qemuEngine({ path: '', version: '', edits: [], choice: '', identity: '' }, { kernel: '', devices: [] });
    const handle = await engine.launch(${JSON.stringify(plan)}, { deadlineMs: 20000 });
    process.stdout.write(JSON.stringify(handle.process), () => process.kill(process.pid, 'SIGKILL'));`,
  );
  return JSON.parse(spawnSync(process.execPath, [script], { encoding: 'utf8' }).stdout) as EngineProcess;
}
