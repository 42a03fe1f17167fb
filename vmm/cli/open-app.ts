/** Finds and starts the desktop app that this command line came with. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** From the folder of this program's bundle, as build/package lays them out. */
const BESIDE: Partial<Record<NodeJS.Platform, string>> = {
  linux: '../../../mvm-desktop',
  darwin: '../../../MacOS/mvm',
  win32: '../../../mvm.exe',
};

/** null in a checkout, and where the app was left out. */
export function findApp(
  folder: string = import.meta.dirname,
  platform: NodeJS.Platform = process.platform,
): string | null {
  // The parts of an AppImage lie where it put them, with the name of the AppImage beside them.
  const named = join(folder, 'app');
  const app = existsSync(named) ? readFileSync(named, 'utf8').trim() : join(folder, BESIDE[platform] ?? '');
  return BESIDE[platform] !== undefined && existsSync(app) ? app : null;
}

/** It outlives this command; one that runs already shows its window. */
export function startApp(app: string): void {
  spawn(app, [], { detached: true, stdio: 'ignore', env: process.env }).unref();
}
