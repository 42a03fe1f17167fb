/** Every view and state of the window, as a person gets there: for axe, and for screenshots. */
import type { Locator, Page } from 'playwright-core';

export interface View {
  name: string;
  /** from a window that shows the machines, of which `web` runs */
  open(page: Page): Promise<void>;
}

const go = (page: Page, address: string): Promise<unknown> => page.evaluate((to) => (location.hash = to), address);

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();

/** Its tab is in front then: those of earlier pictures are there as well, and would be typed into. */
async function openTerminal(page: Page, button: Locator): Promise<void> {
  const tabs = page.getByRole('tablist', { name: 'Terminals' }).getByRole('tab');
  // Drawn with the button, as soon as the view is there.
  await button.waitFor();
  const before = await tabs.count();
  await button.click();
  await tabs.and(page.locator('[aria-selected="true"]')).and(tabs.nth(before)).waitFor();
  await page.getByRole('textbox', { name: /^Terminal: / }).focus();
}

export const views: View[] = [
  { name: 'machines', open: (page) => page.getByText('Choose a machine').waitFor() },
  {
    name: 'overview',
    async open(page) {
      await go(page, '#/machines/web');
      await page.getByText('request to first byte').waitFor();
      await heading(page, 'In the guest');
    },
  },
  {
    name: 'terminal',
    async open(page) {
      await go(page, '#/machines/web/terminal');
      await openTerminal(page, page.getByRole('button', { name: 'New terminal' }).first());
      await page.getByText('/ #').last().waitFor();
      await page.keyboard.type('ls -l /etc\n');
      await page.getByText('resolv.conf').first().waitFor();
    },
  },
  {
    name: 'shell',
    async open(page) {
      await go(page, '#/shells');
      await openTerminal(page, page.getByRole('button', { name: /^New shell/ }).first());
      await page.keyboard.type('mvm ps\n');
      await page.locator('.xterm-rows').getByText('running').first().waitFor();
    },
  },
  {
    name: 'processes',
    async open(page) {
      await go(page, '#/machines/web/processes');
      await page.getByRole('row', { name: /sh -c/ }).waitFor();
    },
  },
  {
    name: 'files',
    async open(page) {
      await go(page, '#/machines/web/files/%2Fetc');
      const hosts = page.getByRole('button', { name: /^hosts/ });
      await hosts.focus();
      await page.getByText('mvm cp web:/etc/hosts .').waitFor();
    },
  },
  {
    name: 'files, root',
    async open(page) {
      await go(page, '#/machines/web/files');
      await page.getByRole('link', { name: /^etc/ }).waitFor();
    },
  },
  {
    name: 'files, refused',
    async open(page) {
      await go(page, '#/machines/web/files/%2Fno%2Fsuch');
      await page.getByRole('alert').getByText('there is no folder /no/such').waitFor();
    },
  },
  {
    name: 'files, not running',
    async open(page) {
      await go(page, '#/machines/nightly/files');
      await page.getByText('It does not run').waitFor();
    },
  },
  {
    name: 'ports',
    async open(page) {
      await go(page, '#/machines/web/ports');
      await page.getByRole('row', { name: /8080/ }).waitFor();
    },
  },
  {
    name: 'failed',
    async open(page) {
      await go(page, '#/machines/broken');
      await page.getByRole('heading', { name: /panicked/ }).waitFor();
    },
  },
  {
    name: 'console',
    async open(page) {
      await go(page, '#/machines/web/console');
      await page.locator('.xterm-rows').waitFor();
    },
  },
  {
    name: 'logs',
    async open(page) {
      await go(page, '#/machines/web/logs');
      await page
        .getByText(/hello from|request/)
        .first()
        .waitFor();
    },
  },
  {
    name: 'find in a terminal',
    async open(page) {
      await go(page, '#/machines/web/logs');
      await page
        .getByText(/hello from|request/)
        .first()
        .waitFor();
      await page.getByRole('button', { name: 'Find in the terminal' }).click();
      await page.getByRole('textbox', { name: 'Find in the terminal' }).fill('hello');
    },
  },
  {
    name: 'inspect',
    async open(page) {
      await go(page, '#/machines/web/inspect');
      await heading(page, 'As the service has it');
    },
  },
  {
    name: 'machine menu',
    async open(page) {
      await go(page, '#/machines/web');
      await page.getByRole('button', { name: 'More of web' }).click();
      await page.getByRole('menuitem', { name: 'Copy its id' }).waitFor();
    },
  },
  {
    name: 'rename',
    async open(page) {
      await go(page, '#/machines/web');
      await heading(page, 'web');
      await page.keyboard.press('F2');
      await heading(page, 'Rename web');
    },
  },
  {
    name: 'remove',
    async open(page) {
      await go(page, '#/machines/web');
      await heading(page, 'web');
      await page.keyboard.press('Control+Backspace');
      await heading(page, 'Remove web?');
    },
  },
  {
    name: 'run',
    async open(page) {
      await page.getByRole('button', { name: /^Run…/ }).click();
      await page.getByLabel('Image').fill('linux');
      await page.getByLabel('Command', { exact: true }).fill('sh -c "uname -a"');
    },
  },
  {
    name: 'run with everything',
    async open(page) {
      await page.getByRole('button', { name: /^Run…/ }).click();
      await page.getByRole('button', { name: 'User, folder, entrypoint, read-only…' }).click();
      await page.getByLabel('Host name').fill('build');
    },
  },
  {
    name: 'palette',
    async open(page) {
      await go(page, '#/machines/web');
      await heading(page, 'web');
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Find or do' }).fill('re');
      await page.getByRole('option').first().waitFor();
    },
  },
  {
    name: 'shortcuts',
    async open(page) {
      await page.keyboard.press('Control+/');
      await heading(page, 'Keyboard shortcuts');
    },
  },
  {
    name: 'images',
    async open(page) {
      await go(page, '#/images');
      await page.getByRole('row', { name: /^linux/ }).waitFor();
    },
  },
  {
    name: 'import',
    async open(page) {
      await page.getByText('Choose a machine').waitFor();
      await page.keyboard.press('Control+o');
      await page.getByLabel(/Archive or OCI layout/).fill('/home/me/alpine.tar');
    },
  },
  {
    name: 'import refused',
    async open(page) {
      await page.getByText('Choose a machine').waitFor();
      await page.keyboard.press('Control+o');
      await page.getByLabel(/Archive or OCI layout/).fill('/nowhere/alpine.tar');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText('alpine.tar').waitFor();
    },
  },
  {
    name: 'launcher',
    async open(page) {
      await go(page, '#/launcher');
      const field = page.getByRole('combobox', { name: 'Image, and its command' });
      await field.fill('linux uname -a');
      await field.press('Enter');
      await page.getByText('exit 0').waitFor();
    },
  },
  {
    name: 'launcher, recent',
    async open(page) {
      await go(page, '#/launcher');
      await page.getByRole('option').first().waitFor();
    },
  },
  {
    name: 'settings',
    async open(page) {
      await go(page, '#/settings');
      await page.getByText('accelerator', { exact: true }).waitFor();
    },
  },
];

/** Before there is anything. */
export const emptyView: View = { name: 'no machines', open: (page) => heading(page, 'No machines yet') };
export const noImagesView: View = {
  name: 'no images',
  async open(page) {
    await go(page, '#/images');
    await heading(page, 'No images yet');
  },
};

export const firstView: View = {
  name: 'first start',
  open: (page) => page.getByRole('heading', { name: /^Your first guest answered/ }).waitFor(),
};

/** Its service is ended meanwhile. */
export const goneView: View = {
  name: 'service gone',
  async open(page) {
    await go(page, '#/machines/web');
    await page.getByRole('alert').filter({ hasText: 'stopped answering' }).waitFor();
  },
};
