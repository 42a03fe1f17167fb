import { expect, it } from 'vitest';
import { amount } from '../share.ts';
import { world } from '../world.ts';

/** As many as a person's laptop holds; each takes about 150 MB here. */
const MANY = amount(10, 50);

it(`${MANY} machines started at once are listed, answer each, and are gone after one rm`, {
  timeout: 600_000,
}, async () => {
  const w = world();
  const names = Array.from({ length: MANY }, (_, index) => `box-${index}`);
  const started = await Promise.all(
    names.map((name) => w.mvm(['run', '-d', '-m', '128m', '--name', name, 'linux', 'sleep', '1d'])),
  );
  expect(started.filter(({ code }) => code !== 0)).toEqual([]);
  expect((await w.machines()).map(({ name, state }) => `${name} ${state.name}`).sort()).toEqual(
    names.map((name) => `${name} running`).sort(),
  );
  const answers = await Promise.all(names.map((name) => w.mvm(['exec', name, 'hostname'])));
  expect(answers.map(({ stdout }) => stdout.trim())).toEqual(started.map(({ stdout }) => stdout.slice(0, 12)));
  const { stdout } = await w.mvm(['ps', '-q']);
  expect((await w.mvm(['rm', '-f', ...stdout.trim().split('\n')])).code).toBe(0);
  expect(await w.machines()).toEqual([]);
  expect(w.engines()).toEqual([]);
});
