import { expect, test } from 'vitest';
import { isRunning } from '../../vmm/engine/qemu/identity.ts';
import { makeBench } from './bench.ts';

test('ends a machine by asking it', async () => {
  const { launch } = await makeBench();
  const handle = await launch();
  await handle.end();
  expect(await handle.exited).toEqual({ code: 0, signal: null });
});

test('kills a machine that does not react', async () => {
  const { launch } = await makeBench();
  const handle = await launch();
  process.kill(handle.process.pid, 'SIGSTOP');
  await handle.end(100);
  expect(await handle.exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(isRunning(handle.process)).toBe(false);
});

test('takes the end of a machine that is gone for done', async () => {
  const { launch } = await makeBench();
  const handle = await launch();
  process.kill(handle.process.pid, 'SIGKILL');
  await handle.exited;
  await handle.end();
  await expect(handle.pause()).rejects.toMatchObject({ code: 'engine.qmp' });
});
