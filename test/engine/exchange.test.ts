import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeBench } from './bench.ts';

/** Names of the disks that a process holds open. */
function openDisks(pid: number): string[] {
  const targets = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  return targets.filter((path) => path.endsWith('.disk')).toSorted();
}

function makeDisk(folder: string, name: string): string {
  const path = join(folder, `${name}.disk`);
  writeFileSync(path, Buffer.alloc(1024 * 1024));
  return path;
}

test('puts one file after another behind a slot, and lets the former go', async () => {
  const { folder, launch } = await makeBench();
  const handle = await launch();
  const images = ['one', 'two', 'three', 'one'].map((name) => makeDisk(folder, name));
  for (const image of images) {
    await handle.exchangeDisk('image', image);
    expect(openDisks(handle.process.pid)).toEqual([image]);
  }
  const writable = makeDisk(folder, 'writable');
  await handle.exchangeDisk('machine', writable);
  expect(openDisks(handle.process.pid)).toEqual([images[3], writable].toSorted());
});

test('keeps the former file when the new one cannot be opened', async () => {
  const { folder, launch, plan } = await makeBench();
  const imageDisk = makeDisk(folder, 'image');
  const handle = await launch(plan({ imageDisk }));
  await expect(handle.exchangeDisk('image', join(folder, 'none.disk'))).rejects.toMatchObject({ code: 'engine.qmp' });
  expect(openDisks(handle.process.pid)).toEqual([imageDisk]);
  await handle.exchangeDisk('image', makeDisk(folder, 'later'));
});

test('refuses a writable disk that another machine has', async () => {
  const { folder, launch, plan } = await makeBench();
  const machineDisk = makeDisk(folder, 'taken');
  await launch(plan({ machineDisk }));
  const other = await launch();
  await expect(other.exchangeDisk('machine', machineDisk)).rejects.toMatchObject({ code: 'engine.qmp' });
  expect(openDisks(other.process.pid)).toEqual([]);
});

test('goes on exchanging after the machine was adopted', async () => {
  const { engine, folder, launch, plan } = await makeBench();
  const wanted = plan();
  const first = await launch(wanted);
  await first.exchangeDisk('image', makeDisk(folder, 'one'));
  first.detach();
  const again = await engine.adopt(wanted, first.process);
  const two = makeDisk(folder, 'two');
  await again?.exchangeDisk('image', two);
  expect(openDisks(first.process.pid)).toEqual([two]);
});
