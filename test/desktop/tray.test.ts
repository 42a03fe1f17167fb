import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../world.ts';
import { desktop, type RunningApp } from './app.ts';
import type { ShownItem } from './standin/control.ts';

const PAGE = join(import.meta.dirname, 'page');
const HIDDEN = { argv: ['--hidden'], page: PAGE };

/** The tray's labels, once they hold this one. */
const labels = (app: RunningApp, wanted: string): Promise<string[]> =>
  eventually(async () => {
    const shown = (await app.act.trayMenu()).map(({ label }) => label);
    return shown.includes(wanted) && shown;
  }, `the tray to show ${wanted}`);

const submenu = async (app: RunningApp, name: string): Promise<ShownItem[]> =>
  (await app.act.trayMenu()).find(({ label }) => label === name)?.submenu ?? [];

describe('the tray', () => {
  it('works without a window: it shows a machine that was started elsewhere, pauses and stops it', async () => {
    const home = desktop();
    const app = await home.start(HIDDEN);
    await labels(app, 'No machine runs');
    expect(await app.act.windows()).toEqual([]);
    await home.world.mvm(['run', '-d', '--name', 'web', '--stop-timeout', '1s', 'linux', 'sleep', '600']);
    expect(await labels(app, 'web')).toEqual(
      expect.arrayContaining(['1 running', 'Pause all', 'Quit, keep 1 running', 'Stop all and quit']),
    );
    await app.act.clickTray('Pause all');
    await labels(app, 'web · paused');
    expect((await submenu(app, 'web · paused')).find(({ label }) => label === 'New terminal')?.enabled).toBe(false);
    await app.act.clickTray('web · paused', 'Resume');
    await labels(app, 'web');
    await app.act.clickTray('web', 'Stop');
    await labels(app, 'No machine runs');
    expect((await home.world.machines())[0]?.state.name).toBe('stopped');
  });

  it('opens the window at what was chosen', async () => {
    const home = desktop();
    const app = await home.start(HIDDEN);
    await home.world.mvm(['run', '-d', '--name', 'web', 'linux', 'sleep', '600']);
    await labels(app, 'web');
    const [machine] = await home.world.machines();
    await app.act.clickTray('web', 'New terminal');
    const page = await app.page();
    const commands = () => page.evaluate(() => window.commands);
    await eventually(async () => (await commands()).length === 1, 'the window to be told');
    expect(await commands()).toEqual([{ type: 'go', to: `/machines/${machine?.id}/terminal` }]);
  });

  it('runs a recent command line again in the launcher, with one click', async () => {
    const home = desktop();
    await home.world.mvm(['run', '--net', 'none', 'linux', 'echo', 'once more']);
    const app = await home.start(HIDDEN);
    await labels(app, 'echo once more · linux');
    await app.act.clickTray('echo once more · linux');
    const page = await app.page('/launcher');
    const commands = () => page.evaluate(() => window.commands);
    await eventually(async () => (await commands()).length === 1, 'the launcher to be told');
    expect(await commands()).toMatchObject([
      { type: 'run', request: { image: 'linux', command: ['echo', 'once more'], network: 'none', env: [] } },
    ]);
  });

  it('has what is pinned, whoever pins it', async () => {
    const home = desktop();
    const app = await home.start(HIDDEN);
    await labels(app, 'No machine runs');
    await home.world.api('PUT', '/v1/settings/pinnedImages', { value: ['linux'] });
    const command = ['uname', '-a'];
    await home.world.api('PUT', '/v1/settings/pinnedCommands', { value: [{ image: 'linux', command }] });
    expect(await labels(app, 'uname -a · linux')).toEqual(expect.arrayContaining(['Pinned', 'linux']));
  });

  it('stops all machines before it quits, when asked to', async () => {
    const home = desktop();
    const app = await home.start(HIDDEN);
    for (const name of ['a', 'b'])
      await home.world.mvm(['run', '-d', '--name', name, '--stop-timeout', '1s', 'linux', 'sleep', '600']);
    await labels(app, 'Quit, keep 2 running');
    await app.act.clickTray('Stop all and quit');
    expect(await app.exited).toBe(0);
    expect((await home.world.machines()).map(({ state }) => state.name)).toEqual(['stopped', 'stopped']);
  });

  it('leaves machines running when it quits', async () => {
    const home = desktop();
    const app = await home.start(HIDDEN);
    await home.world.mvm(['run', '-d', '--name', 'web', 'linux', 'sleep', '600']);
    await labels(app, 'Quit, keep 1 running');
    await app.act.clickTray('Quit, keep 1 running');
    expect(await app.exited).toBe(0);
    expect((await home.world.mvm(['exec', 'web', 'echo', 'still there'])).stdout).toBe('still there\n');
  });

  it('says so when the service is gone, finds the next one, and has lost nothing', async () => {
    const home = desktop();
    const app = await home.start(HIDDEN);
    await home.world.mvm(['run', '-d', '--name', 'web', 'linux', 'sleep', '600']);
    await labels(app, 'web');
    const service = await home.world.servicePid();
    const kill = () => process.kill(service, 'SIGKILL');
    expect(await app.trayPasses('The mvm service is not there', kill)).toContain('web');
    expect(await labels(app, '1 running')).toContain('web');
    expect((await home.world.mvm(['exec', 'web', 'echo', 'still there'])).stdout).toBe('still there\n');
  });
});
