import { describe, expect, it } from 'vitest';
import { world } from '../world.ts';
import { openWindow, violations } from './browser.ts';

describe('the first start', () => {
  it('checks this computer, boots a guest, and shows its answer and how fast it came', async () => {
    const w = world();
    const page = await openWindow(w, { firstStart: true });
    await page.getByRole('heading', { name: /^Your first guest answered in [\d.]+ m?s$/ }).waitFor();
    await page.getByText(/^\$ mvm run linux uname -srm\s+Linux [\d.]+\S* x86_64/).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Open mvm' }).click();
    await page.getByRole('heading', { name: 'No machines yet' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'No machines yet' }).waitFor();
    expect(await w.machines()).toEqual([]);
  });
});

describe('the launcher', () => {
  it('runs what is typed, shows its output and exit code in place, and offers it again', async () => {
    const w = world();
    const page = await openWindow(w);
    await page.goto(`${new URL(page.url()).origin}/?launcher#/launcher`);
    const field = page.getByRole('combobox', { name: 'Image, and its command' });
    await field.fill(`linux sh -c 'echo "six times seven"; exit 42'`);
    await field.press('Enter');
    await page.getByText('six times seven').first().waitFor();
    await page.getByText('exit 42').waitFor();
    expect(await violations(page)).toEqual([]);
    await field.press('Escape');
    await page.reload();
    await page.getByRole('option', { name: /six times seven/ }).waitFor();
    expect(await violations(page)).toEqual([]);
    await field.press('ArrowDown');
    await field.press('Enter');
    await page.getByText('exit 42').waitFor();
  });

  it('starts nothing that was called off before there was a screen to show it', async () => {
    const w = world();
    const page = await openWindow(w);
    const { promise: isLoaded, resolve: load } = Promise.withResolvers<void>();
    await page.route('**/screen-*.js', async (route) => {
      await isLoaded;
      await route.continue();
    });
    await page.goto(`${new URL(page.url()).origin}/?launcher#/launcher`);
    const field = page.getByRole('combobox', { name: 'Image, and its command' });
    await field.fill('linux echo called off');
    await field.press('Enter');
    await page.getByRole('button', { name: 'Stop' }).waitFor();
    await field.press('Escape');
    load();
    await page.locator('.xterm').waitFor({ state: 'attached' });
    await field.fill('linux echo wanted');
    await field.press('Enter');
    await page.getByText('exit 0').waitFor();
    const { runs } = (await w.api('GET', '/v1/history')).body as { runs: { argv: string[] }[] };
    expect(runs.map(({ argv }) => argv.join(' '))).toEqual(['echo wanted']);
  });

  it('tells a refusal and takes the next line', async () => {
    const page = await openWindow(world());
    await page.goto(`${new URL(page.url()).origin}/?launcher#/launcher`);
    const field = page.getByRole('combobox', { name: 'Image, and its command' });
    await field.fill('--rm linux');
    await field.press('Enter');
    await page.getByRole('alert').getByText('an image comes first').waitFor();
    await field.fill('linus true');
    await field.press('Enter');
    await page.getByRole('alert').getByText('linus').waitFor();
    await field.fill('linux true');
    await field.press('Enter');
    await page.getByText('exit 0').waitFor();
  });
});

describe('the launcher, once a program ended', () => {
  it('runs its line again as it was asked for, and clears a refusal with it', async () => {
    const w = world();
    await w.mvm(['run', '--net', 'none', 'linux', 'sh', '-c', 'ls /sys/class/net']);
    const page = await openWindow(w);
    await page.goto(`${new URL(page.url()).origin}/?launcher#/launcher`);
    const field = page.getByRole('combobox', { name: 'Image, and its command' });
    await page.getByRole('option', { name: /class/ }).click();
    await page.getByText('exit 0').waitFor();
    await field.press('Enter');
    const networks = async () => {
      const { runs } = (await w.api('GET', '/v1/history')).body as { runs: { request: { network: string } }[] };
      return runs.map(({ request }) => request.network);
    };
    await expect.poll(networks).toEqual(['none', 'none', 'none']);
    await page.getByText('exit 0').waitFor();
    await field.fill('linus');
    await field.press('Enter');
    await page.getByRole('alert').getByText('linus').waitFor();
    await field.press('Escape');
    expect(await page.getByText('linus').count()).toBe(0);
    expect(await field.inputValue()).toBe('');
  });

  it('is not in the way of one that runs', async () => {
    const w = world();
    const page = await openWindow(w);
    await page.goto(`${new URL(page.url()).origin}/?launcher#/launcher`);
    const field = page.getByRole('combobox', { name: 'Image, and its command' });
    await field.fill(`linux sh -c 'echo "goes on"; sleep 600'`);
    await field.press('Enter');
    await page.getByText('goes on').first().waitFor();
    await field.press('Enter');
    // As the first program of its guest it hears no SIGTERM: who asks again means it.
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('asked to end').waitFor();
    await page.getByRole('button', { name: 'Kill' }).click();
    await page.getByText('ended by SIGKILL').waitFor();
    expect(((await w.api('GET', '/v1/history')).body as { runs: object[] }).runs).toHaveLength(1);
  });
});

describe('a window whose mvm was replaced while it loaded', () => {
  it('says of a part that cannot be read any more what to do, and works on without it', async () => {
    const w = world();
    const page = await openWindow(w);
    await page.route('**/rest-*.js', (route) => route.abort());
    await page.reload();
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('alert').getByText('cannot be read. Load the window again.').waitFor();
    await page.unrouteAll();
    await page.reload();
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
  });
});
