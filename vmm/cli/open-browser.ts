/** Opens an address in the person's browser without telling it to every user of this computer. */
import { spawn } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MvmError } from '../contract/errors.ts';
import { homePaths } from '../paths.ts';

const OPENERS: Partial<Record<NodeJS.Platform, string[]>> = {
  linux: ['xdg-open'],
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/**
 * Words on a command line are for everybody to read, and the address lets in who has it first. So the browser is given
 * the name of a file that only this user can read, which leads to the address.
 */
export function writeOpener(home: string, address: string): string {
  const { pageOpener } = homePaths(home);
  mkdirSync(dirname(pageOpener), { recursive: true, mode: 0o700 });
  const partial = `${pageOpener}.${process.pid}.partial`;
  const page = `<!doctype html><meta charset="utf-8"><title>mvm</title><meta http-equiv="refresh" content="0; url=${address}">\n`;
  writeFileSync(partial, page, { mode: 0o600 });
  renameSync(partial, pageOpener);
  return pathToFileURL(pageOpener).href;
}

/** Resolves when the opener was started. @throws MvmError `browser.none` */
export async function openInBrowser(address: string): Promise<void> {
  const [command = '', ...argv] = OPENERS[process.platform] ?? [];
  const child = spawn(command, [...argv, address], { detached: true, stdio: 'ignore' });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(
        new MvmError('browser.none', `there is no ${command} to open a browser with`, {
          hint: "'mvm ui --browser --no-open' prints the address for a browser of your choice.",
          cause,
        }),
      ),
    );
  });
  child.unref();
}
