/**
 * Packages the desktop app with everything it needs: sh build/setup/under-node.sh build/package/main.ts OPTIONS …
 *
 *   --system linux|mac|windows    what it is for (default: this system)
 *   --arch x64|arm64              (default: this processor)
 *   --target NAME                 a form that electron-builder knows, again for more: dir, tar.gz, AppImage, deb, dmg, nsis …
 *   --electron FOLDER             an unpacked Electron instead of a downloaded one
 *   --engine FOLDER               an engine built elsewhere, for systems whose engine this one cannot build
 *   --out FOLDER                  (default: .build/packages)
 */
import { parseArgs } from 'node:util';
import { MvmError } from '../../vmm/contract/errors.ts';
import { packageApp } from './package.ts';
import { targetNamed } from './target.ts';

const SYSTEMS: Record<string, string> = { darwin: 'mac', win32: 'windows' };

const { values } = parseArgs({
  options: {
    system: { type: 'string', default: SYSTEMS[process.platform] ?? process.platform },
    arch: { type: 'string', default: process.arch },
    target: { type: 'string', multiple: true, default: [] },
    electron: { type: 'string' },
    engine: { type: 'string' },
    out: { type: 'string' },
  },
});

try {
  const { out, electron, engine } = values;
  const made = await packageApp({
    cache: process.env.MVM_CACHE ?? '',
    target: targetNamed(values.system, values.arch),
    forms: values.target,
    electronDist: electron ?? null,
    engine: engine ?? null,
    out: out ?? null,
    say: (text) => console.error(text),
  });
  for (const path of made) console.log(path);
} catch (error) {
  if (!(error instanceof MvmError)) throw error;
  console.error(error.hint ? `${error.message}\n${error.hint}` : error.message);
  process.exitCode = 1;
}
