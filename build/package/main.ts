/**
 * Packages the desktop app with everything it needs: sh build/setup/under-node.sh build/package/main.ts OPTIONS …
 *
 *   --system linux|mac|windows    what it is for (default: this system)
 *   --arch x64|arm64              (default: this processor)
 *   --target NAME                 a form that electron-builder knows, again for more: dir, tar.gz, AppImage, deb, dmg, nsis …
 *   --electron FOLDER             an unpacked Electron instead of a downloaded one
 *   --node FOLDER                 an unpacked Node of nodejs.org, for other systems than Linux
 *   --engine FOLDER               an engine built elsewhere, for systems whose engine this one cannot build
 *   --guest FOLDER                the parts (mvm/) of a package made on Linux, where guests are built
 *   --out FOLDER                  (default: .build/packages)
 *   --sources                     after packaging: mvm-VERSION-sources.tar instead, of what was packaged; fetches from Debian
 *                                 what is not yet in MVM_CACHE/sources
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MvmError } from '../../vmm/contract/errors.ts';
import { takeLock } from '../setup/lock.ts';
import { packageApp, packagesFolder, root, workFolder } from './package.ts';
import { packageSources } from './sources.ts';
import { type Target, targetNamed } from './target.ts';

const SYSTEMS: Record<string, string> = { darwin: 'mac', win32: 'windows' };

const cache = process.env.MVM_CACHE ?? '';
const say = (text: string): void => console.error(text);

const { values } = parseArgs({
  options: {
    system: { type: 'string', default: SYSTEMS[process.platform] ?? process.platform },
    arch: { type: 'string', default: process.arch },
    target: { type: 'string', multiple: true, default: [] },
    electron: { type: 'string' },
    node: { type: 'string' },
    engine: { type: 'string' },
    guest: { type: 'string' },
    out: { type: 'string' },
    sources: { type: 'boolean', default: false },
  },
});

try {
  const target = targetNamed(values.system, values.arch);
  const out = resolve(values.out ?? packagesFolder);
  for (const path of values.sources ? [await sources(target, out)] : await packages(target, out)) console.log(path);
} catch (error) {
  if (!(error instanceof MvmError)) throw error;
  console.error(error.hint ? `${error.message}\n${error.hint}` : error.message);
  // What electron-builder does at the end would turn an exitCode into 0.
  process.exit(1);
}

function packages(target: Target, out: string): Promise<string[]> {
  return packageApp({
    cache,
    target,
    forms: values.target,
    electronDist: values.electron ?? null,
    node: values.node ?? null,
    engine: values.engine ?? null,
    guest: values.guest ?? null,
    out,
    say,
  });
}

async function sources(target: Target, out: string): Promise<string> {
  await takeLock(cache, `process ${process.pid}, which packages sources`, (holder) => say(`waits for ${holder}`));
  return packageSources({ root, cache, parts: join(workFolder(out, target), 'mvm'), out, say });
}
