import { describe, expect, it } from 'vitest';
import { claimHome } from '../../vmm/service/claim.ts';
import { startService } from '../../vmm/service/service.ts';
import { type World, world } from '../world.ts';

const YEAR = 365 * 86_400_000;

/** Serves a world from here, with a wall clock that jumps a year back or forth at every look. */
async function serveWithJumpingClock(w: World): Promise<() => Promise<void>> {
  let looks = 0;
  const clock = {
    now: () => Date.now() + (looks++ % 2 === 0 ? -YEAR : YEAR),
    monotonic: () => performance.now(),
  };
  const claim = claimHome(w.home);
  if (!claim) throw new Error('another service has the home of this test');
  const service = await startService({ claim, env: w.env, clock });
  return () => service.end('the test is over');
}

describe('a clock that jumps', () => {
  it('changes no timeline, ends nothing too early and keeps nothing for ever', async () => {
    const w = world();
    const end = await serveWithJumpingClock(w);
    try {
      const run = await w.mvm([
        'run',
        '--timeout',
        '60s',
        '--timing',
        '--json',
        'linux',
        'sh',
        '-c',
        'sleep 1; echo fine',
      ]);
      expect(run).toMatchObject({ code: 0, stdout: 'fine\n' });
      const { requestedAt: _, ...points } = JSON.parse(run.stderr) as Record<string, number>;
      const order = ['engineStarted', 'kernelEntered', 'agentReady', 'programStarted', 'firstByte', 'exited'];
      const times = order.map((point) => points[point] as number);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(times[0]).toBeGreaterThan(0);
      expect(times.at(-1)).toBeLessThan(120_000);

      await w.mvm(['run', '-d', '--name', 'kept', '--timeout', '100h', 'linux', 'sleep', '600']);
      expect((await w.mvm(['ps'])).stdout).toMatch(/kept +linux +running/);
    } finally {
      await end();
    }
    // The next service, with a sound clock, adopts what a confused one wrote.
    expect((await w.mvm(['exec', 'kept', 'echo', 'still here'])).stdout).toBe('still here\n');
  });
});

describe("a guest's clock", () => {
  it("keeps time with the host's over five seconds, and sleeps as told", async () => {
    const w = world();
    await w.mvm(['run', '-d', '--name', 'clock', 'linux', 'sleep', '600']);
    const look = async () => {
      const before = Date.now();
      const { stdout } = await w.mvm(['exec', 'clock', 'sh', '-c', 'date +%s; cut -d " " -f 1 /proc/uptime']);
      const [seconds, uptime] = stdout.split('\n').map(Number);
      return { before, after: Date.now(), seconds: seconds as number, uptime: uptime as number };
    };
    const first = await look();
    // The guest's seconds are whole: its clock shows the second in which we looked.
    expect(first.seconds).toBeGreaterThanOrEqual(Math.floor(first.before / 1000));
    expect(first.seconds).toBeLessThanOrEqual(Math.floor(first.after / 1000));
    await w.mvm(['exec', 'clock', 'sleep', '5']);
    const second = await look();
    const passed = (second.uptime - first.uptime) * 1000;
    expect(passed).toBeGreaterThanOrEqual(second.before - first.after - 20);
    expect(passed).toBeLessThanOrEqual(second.after - first.before + 20);
    expect(passed).toBeGreaterThanOrEqual(5000);
  });
});
