/** The windows there are, for the parts of the stand-in that need them all. */
import type { BrowserWindow } from './window.ts';

export const windows: BrowserWindow[] = [];

export const focus: { window: BrowserWindow | null } = { window: null };
