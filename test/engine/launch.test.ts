import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { EngineProcess } from '../../vmm/engine/engine.ts';
import { isRunning } from '../../vmm/engine/qemu/identity.ts';
import { makeBench } from './bench.ts';

test('runs a machine in a session of its own, inside a system-call filter, without the user’s environment', async () => {
  const { engine, launch } = await makeBench();
  const { process } = await launch();
  const status = readFileSync(`/proc/${process.pid}/status`, 'utf8');
  expect(status).toMatch(/^Seccomp:\t2$/m);
  expect(status).toMatch(/^NSsid:\t(\d+)$/m);
  expect(status.match(/^NSsid:\t(\d+)$/m)?.[1]).toBe(String(process.pid));
  expect(engine.capabilities.sandbox).toBe(true);
  const environment = readFileSync(`/proc/${process.pid}/environ`, 'utf8').split('\0');
  expect(environment.filter((line) => !/^(PATH|LD_LIBRARY_PATH|TMPDIR)=|^$/.test(line))).toEqual([]);
});

test('reports the process before the machine runs, and keeps its sockets to the user', async () => {
  const { engine, plan } = await makeBench();
  const wanted = plan();
  const started: EngineProcess[] = [];
  const handle = await engine.launch(wanted, { deadlineMs: 20_000, onStarted: (process) => started.push(process) });
  expect(started).toEqual([handle.process]);
  expect(isRunning(handle.process)).toBe(true);
  expect(statSync(wanted.sockets.qmp).isSocket()).toBe(true);
  await handle.end(0);
});

test('pauses and resumes the vCPUs', async () => {
  const { launch } = await makeBench();
  const handle = await launch();
  expect(await handle.paused()).toBe(false);
  await handle.pause();
  expect(await handle.paused()).toBe(true);
  await handle.resume();
  expect(await handle.paused()).toBe(false);
});

test('starts without a network and on disks that no one else may write', async () => {
  const { folder, launch, plan } = await makeBench();
  const [imageDisk, machineDisk] = [join(folder, 'image, with comma'), join(folder, 'disk')];
  for (const disk of [imageDisk, machineDisk]) writeFileSync(disk, Buffer.alloc(1024 * 1024));
  await launch(plan({ imageDisk, machineDisk, network: 'none' }));
  await launch(plan({ imageDisk }));
  await expect(launch(plan({ machineDisk }))).rejects.toMatchObject({
    code: 'engine.failed',
    message: expect.stringContaining('Failed to get "write" lock'),
  });
});

test('tells the last words of a QEMU that fails at its start', async () => {
  const { folder, launch, plan } = await makeBench();
  const missing = plan({ imageDisk: join(folder, 'no\u001b[31m-such-image') });
  await expect(launch(missing)).rejects.toMatchObject({
    code: 'engine.failed',
    message: expect.stringMatching(/^QEMU ended with code 1 as it started: .*no\\x1b\[31m-such-image.*No such file/),
  });
  expect(readFileSync(missing.engineLog, 'utf8')).toContain('No such file');
});

test('says so when the program cannot be started at all', async () => {
  const { launch, plan } = await makeBench();
  await expect(launch({ ...plan(), command: '/nowhere/qemu' })).rejects.toMatchObject({
    code: 'engine.failed',
    message: expect.stringContaining('ENOENT'),
  });
});

test('ends a QEMU that does not answer in time', async () => {
  const { engine, folder, plan } = await makeBench();
  const mute = join(folder, 'mute');
  writeFileSync(mute, '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
  const started: EngineProcess[] = [];
  const options = { deadlineMs: 200, onStarted: (process: EngineProcess) => started.push(process) };
  const launching = engine.launch({ ...plan(), command: mute }, options);
  await expect(launching).rejects.toMatchObject({ code: 'engine.silent' });
  expect(started.map(isRunning)).toEqual([false]);
});

test('ends a start that nobody waits for any more', async () => {
  const { engine, plan } = await makeBench();
  const nobody = new AbortController();
  const reason = new Error('the client went');
  const started: EngineProcess[] = [];
  const onStarted = (process: EngineProcess) => {
    started.push(process);
    nobody.abort(reason);
  };
  await expect(engine.launch(plan(), { deadlineMs: 20_000, signal: nobody.signal, onStarted })).rejects.toBe(reason);
  expect(started.map(isRunning)).toEqual([false]);
});

test('starts where its messages cannot be written down', async () => {
  const { folder, launch, plan } = await makeBench();
  const handle = await launch(plan({ engineLog: join(folder, 'missing', 'engine.log') }));
  expect(isRunning(handle.process)).toBe(true);
});

test('starts nothing for a request that is already given up', async () => {
  const { engine, plan } = await makeBench();
  const started: EngineProcess[] = [];
  const onStarted = (process: EngineProcess) => started.push(process);
  const launching = engine.launch(plan(), { deadlineMs: 20_000, signal: AbortSignal.abort(), onStarted });
  await expect(launching).rejects.toMatchObject({ name: 'AbortError' });
  expect(started).toEqual([]);
});
