/** Where the parts of mvm lie: beside a packaged app, or in a checkout. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeptParts } from './app-image.ts';

export interface Layout {
  /** the Node that runs service and command line */
  runtime: string;
  service: string;
  /** what `mvm` on PATH leads to */
  command: string;
  preload: string;
  renderer: string;
  icons: string;
}

export interface Surroundings {
  isPackaged: boolean;
  /** the archive with the app's own code, or the checkout */
  appPath: string;
  resourcesPath: string;
  platform: NodeJS.Platform;
  env: NodeJS.ProcessEnv;
  /** of an AppImage */
  kept: KeptParts | null;
}

export function findLayout({ isPackaged, appPath, resourcesPath, platform, env, kept }: Surroundings): Layout {
  const built = isPackaged ? appPath : join(appPath, '.build');
  const own = {
    preload: join(built, 'electron', 'preload.cjs'),
    // A checkout's test brings pages of its own; a packaged app shows nothing but what it was packaged with.
    renderer: (!isPackaged && env.MVM_RENDERER) || join(built, 'renderer'),
    icons: join(built, 'icons'),
  };
  if (isPackaged) {
    const parts = packagedParts(kept?.folder ?? join(resourcesPath, 'mvm'), platform);
    return { ...own, ...parts, ...(kept && { command: packagedParts(kept.current, platform).command }) };
  }
  const [runtime = ''] = readFileSync(join(built, 'stamp'), 'utf8').split('\n');
  return { ...own, runtime, service: join(built, 'service.mjs'), command: join(appPath, 'mvm') };
}

/** What build/package puts beside the app. */
function packagedParts(folder: string, platform: NodeJS.Platform): Pick<Layout, 'runtime' | 'service' | 'command'> {
  const windows = platform === 'win32';
  return {
    runtime: windows ? join(folder, 'runtime', 'node.exe') : join(folder, 'runtime', 'bin', 'node'),
    service: join(folder, 'lib', 'service.mjs'),
    command: join(folder, 'bin', windows ? 'mvm.cmd' : 'mvm'),
  };
}
