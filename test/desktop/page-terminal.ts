/** The terminal in a window's page, as a person reads it and types into it. */
import type { Page } from 'playwright-core';
import { eventually } from '../world.ts';

/** What the terminal in front shows. */
export async function screen(page: Page): Promise<string> {
  return (await page.locator('.xterm-rows').innerText()).replaceAll('\u00a0', ' ');
}

export const shows = (page: Page, text: string): Promise<unknown> =>
  eventually(async () => (await screen(page)).includes(text), `${text} on the screen`);

export async function type(page: Page, line: string): Promise<void> {
  await page.getByRole('textbox', { name: /^Terminal: / }).focus();
  await page.keyboard.type(`${line}\n`);
}
