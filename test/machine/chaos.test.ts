import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { homePaths } from '../../vmm/paths.ts';
import { randomFrom } from '../random.ts';
import { amount } from '../share.ts';
import { eventually, type World, world } from '../world.ts';

/** Moments at which the service is killed. */
const MOMENTS = Number(process.env.MVM_CHAOS ?? amount(6, 100));
const SEED = Number(process.env.MVM_CHAOS_SEED ?? 1);
/** The latest moment after an action's beginning, ms: longer than any of them takes on an idle machine. */
const LATEST = 2_500;

const COUNT = 'i=0; while [ $i -lt 30 ]; do echo $i; i=$((i + 1)); sleep 0.03; done; exit 4';
const COUNTED = Array.from({ length: 30 }, (_, index) => `${index}\n`).join('');
const INPUT = Buffer.alloc(3_000_000, 'what goes in must be whole\n');
const DIGEST = `${createHash('sha256').update(INPUT).digest('hex')}  -\n`;

/** What is done while the service dies, and what must come of it. */
const actions: Record<string, (w: World) => Promise<void>> = {
  async run(w) {
    expect(await w.mvm(['run', 'linux', 'sh', '-c', COUNT])).toMatchObject({ code: 4, stdout: COUNTED, stderr: '' });
  },
  async exec(w) {
    const { code, stdout, stderr } = await w.mvm(['exec', '-i', 'box', 'sha256sum'], INPUT);
    expect([code, stdout, stderr]).toEqual([0, DIGEST, '']);
  },
  async cp(w) {
    const folder = mkdtempSync(join(tmpdir(), 'mvm-chaos-'));
    const [there, back] = [join(folder, 'there'), join(folder, 'back')];
    writeFileSync(there, INPUT);
    expect(await w.mvm(['cp', '-q', there, 'box:/tmp/copied'])).toMatchObject({ code: 0, stderr: '' });
    expect(await w.mvm(['cp', '-q', 'box:/tmp/copied', back])).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(back).equals(INPUT)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['back', 'there']);
  },
  async attach(w) {
    await made(w, ['run', '-d', '--name', 'count', 'linux', 'sh', '-c', COUNT]);
    const { code, stdout } = await w.mvm(['attach', 'count']);
    // Its program may have ended before anybody could attach: then its log has all of it.
    if (code === 125 && stdout === '') expect((await w.mvm(['logs', 'count'])).stdout).toBe(COUNTED);
    else expect([code, stdout]).toEqual([4, COUNTED]);
    await eventually(async () => (await stateOf(w, 'count')) === 'stopped', 'the end of what was attached to');
    expect((await w.mvm(['wait', 'count'])).stdout).toBe('4\n');
    await removed(w, 'count');
  },
  async stop(w) {
    await made(w, [
      'run',
      '-d',
      '--name',
      'stopped',
      'linux',
      'sh',
      '-c',
      'trap "exit 6" TERM; echo up; while :; do sleep 0.1; done',
    ]);
    // PID 1 ignores what it does not handle yet.
    await eventually(async () => (await w.mvm(['logs', 'stopped'])).stdout === 'up\n', 'the trap');
    expect(await w.mvm(['stop', 'stopped'])).toMatchObject({ code: 0, stdout: 'stopped\n', stderr: '' });
    expect(await stateOf(w, 'stopped')).toBe('stopped');
    expect((await w.mvm(['wait', 'stopped'])).stdout).toBe('6\n');
    await removed(w, 'stopped');
  },
  async follow(w) {
    await made(w, ['run', '-d', '--name', 'count', 'linux', 'sh', '-c', COUNT]);
    expect(await w.mvm(['logs', '--follow', 'count'])).toMatchObject({ code: 0, stdout: COUNTED, stderr: '' });
    expect((await w.mvm(['wait', 'count'])).stdout).toBe('4\n');
    await removed(w, 'count');
  },
};

/** A start whose service dies says so, or is made again; either way it is there once. */
async function made(w: World, words: string[]): Promise<void> {
  expect(await w.mvm(words)).toMatchObject({ code: 0 });
}

async function removed(w: World, name: string): Promise<void> {
  expect(await w.mvm(['rm', name])).toMatchObject({ code: 0, stdout: `${name}\n`, stderr: '' });
}

const stateOf = async (w: World, name: string): Promise<string | undefined> =>
  (await w.machines()).find((machine) => machine.name === name)?.state.name;

it(`a service that is killed at ${MOMENTS} moments loses nothing and leaves nothing`, {
  timeout: 1_200_000,
}, async () => {
  const w = world();
  const random = randomFrom(SEED);
  await made(w, ['run', '-d', '--name', 'box', 'linux', 'sleep', '1d']);
  const names = Object.keys(actions);
  for (let moment = 0; moment < MOMENTS; moment++) {
    const name = names[moment % names.length] as string;
    const delay = random(LATEST);
    await Promise.all([actions[name]?.(w), after(delay).then(() => w.killService())]).catch((error: Error) => {
      throw new Error(`seed ${SEED}, moment ${moment}: ${name}, killed after ${delay} ms: ${error.message}`, {
        cause: error,
      });
    });
    expect([moment, (await w.machines()).map((machine) => machine.name)]).toEqual([moment, ['box']]);
    // What ended with its program is not listed while its engine goes.
    await eventually(() => w.engines().length === 1, `the box's engine alone, moment ${moment}`);
  }
  expect((await w.mvm(['rm', '-f', 'box'])).code).toBe(0);
  expect(w.engines()).toEqual([]);
  expect(readdirSync(homePaths(w.home).machines)).toEqual([]);
});

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
