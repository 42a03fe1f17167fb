/** What electron-builder is told: one configuration for all systems. */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Configuration } from 'electron-builder';
import { checkApp } from './licences.ts';

export interface BuilderOptions {
  root: string;
  /** the app's own code, with its package.json */
  app: string;
  /** what lies beside it, see parts.ts */
  parts: string;
  icons: string;
  out: string;
  /** an unpacked Electron of the target; null: electron-builder downloads it */
  electronDist: string | null;
  /** where the updater looks; null: this build has no updates */
  updates: string | null;
  /** a link to the packaged command, which a package of Debian holds; null for other systems */
  commandLink: string | null;
}

export function configuration(options: BuilderOptions): Configuration {
  const { root, app, parts, icons, out, electronDist, updates, commandLink } = options;
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8'));
  return {
    appId: 'dev.mvm.desktop',
    productName: 'mvm',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: electron-builder fills them in
    artifactName: '${productName}-${version}-${os}-${arch}.${ext}',
    directories: { app, output: out, buildResources: icons },
    electronVersion: version,
    ...(electronDist && { electronDist }),
    electronLanguages: ['en-US'],
    // The builder would also take the checkout's own modules.
    files: ['**/*', '!node_modules'],
    asar: true,
    // The parts are for Node, which reads no asar: their native modules lie as files.
    extraResources: [{ from: parts, to: 'mvm', filter: ['**/*'] }],
    npmRebuild: false,
    protocols: [{ name: 'mvm', schemes: ['mvm'] }],
    afterPack: async ({ appOutDir, packager, electronPlatformName }) => {
      const resources = packager.getResourcesDir(appOutDir);
      const isMac = electronPlatformName === 'darwin';
      if (isMac && electronDist) takeTerms(electronDist, resources);
      checkApp(appOutDir, { resources, terms: isMac ? resources : appOutDir });
    },
    publish: updates ? { provider: 'generic', url: updates } : null,
    electronFuses: {
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableCookieEncryption: true,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
    },
    linux: {
      target: ['AppImage', 'deb', 'tar.gz'],
      // `mvm` is the command line's name.
      executableName: 'mvm-desktop',
      icon: join(icons, 'linux'),
      category: 'Development',
      synopsis: 'Runs programs of other operating systems in microVMs',
      maintainer: 'The mvm authors <mvm@mvm.invalid>',
    },
    deb: { depends: DEPENDS, fpm: commandLink ? [`${commandLink}=/usr/bin/mvm`] : [] },
    mac: {
      target: ['dmg', 'zip'],
      icon: join(icons, 'icon.icns'),
      category: 'public.app-category.developer-tools',
      hardenedRuntime: true,
      entitlements: join(import.meta.dirname, 'mac', 'app.plist'),
      // Signs the programs beside the app too: the engine asks for the hypervisor.
      entitlementsInherit: join(import.meta.dirname, 'mac', 'programs.plist'),
    },
    win: { target: ['nsis', 'zip'], icon: join(icons, 'icon.ico') },
    // Without its helper for administrators, one more program with terms: it is installed for one user.
    nsis: { oneClick: false, perMachine: false, deleteAppDataOnUninstall: false, packElevateHelper: false },
  };
}

/** From a folder, electron-builder takes the .app alone; out of an archive it takes them too. */
function takeTerms(electronDist: string, resources: string): void {
  for (const [name, place] of [
    ['LICENSE', 'LICENSE.electron.txt'],
    ['LICENSES.chromium.html', 'LICENSES.chromium.html'],
  ] as const)
    cpSync(join(electronDist, name), join(resources, place));
}

/** What Electron loads, and what Node, the engine and the native modules were linked against. */
const DEPENDS = [...['libgtk-3-0', 'libnss3', 'libasound2', 'libgbm1'], ...['libc6 (>= 2.34)', 'libstdc++6 (>= 11)']];
