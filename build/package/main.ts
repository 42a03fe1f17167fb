/**
 * Packages the desktop app with everything it needs: sh build/setup/under-node.sh build/package/main.ts OPTIONS …
 *
 *   --system linux|mac|windows    what it is for (default: this system)
 *   --arch x64|arm64              (default: this processor)
 *   --target NAME                 a form that electron-builder knows, again for more: dir, tar.gz, AppImage, deb, dmg, nsis …
 *   --electron FOLDER             an unpacked Electron instead of a downloaded one
 *   --engine FOLDER               an engine built elsewhere, for systems whose engine this one cannot build
 *   --guest FOLDER                the parts (mvm/) of a package made on Linux, where guests are built
 *   --out FOLDER                  (default: .build/packages)
 *   --sources FOLDER              after packaging: mvm-VERSION-sources.tar, with the source archives that lie in FOLDER
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MvmError } from '../../vmm/contract/errors.ts';
import { packageApp, packagesFolder, root, workFolder } from './package.ts';
import { packageSources } from './sources.ts';
import { type Target, targetNamed } from './target.ts';

const SYSTEMS: Record<string, string> = { darwin: 'mac', win32: 'windows' };

const { values } = parseArgs({
  options: {
    system: { type: 'string', default: SYSTEMS[process.platform] ?? process.platform },
    arch: { type: 'string', default: process.arch },
    target: { type: 'string', multiple: true, default: [] },
    electron: { type: 'string' },
    engine: { type: 'string' },
    guest: { type: 'string' },
    out: { type: 'string' },
    sources: { type: 'string' },
  },
});

try {
  const target = targetNamed(values.system, values.arch);
  const out = resolve(values.out ?? packagesFolder);
  for (const path of values.sources === undefined ? await packages(target, out) : sources(target, out, values.sources))
    console.log(path);
} catch (error) {
  if (!(error instanceof MvmError)) throw error;
  console.error(error.hint ? `${error.message}\n${error.hint}` : error.message);
  process.exitCode = 1;
}

function packages(target: Target, out: string): Promise<string[]> {
  return packageApp({
    cache: process.env.MVM_CACHE ?? '',
    target,
    forms: values.target,
    electronDist: values.electron ?? null,
    engine: values.engine ?? null,
    guest: values.guest ?? null,
    out,
    say: (text) => console.error(text),
  });
}

function sources(target: Target, out: string, archives: string): string[] {
  const list = join(workFolder(target), 'mvm', 'licences', 'list.json');
  return [packageSources({ root, list, archives: resolve(archives), out })];
}
