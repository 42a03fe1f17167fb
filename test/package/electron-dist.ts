/**
 * Unpacked Electrons that are good enough for electron-builder: it renames their programs, writes version resources
 * and plists, puts the archive in and turns fuses. They start nothing.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const { version } = JSON.parse(readFileSync(require.resolve('electron/package.json'), 'utf8')) as { version: string };

/** Electron's mark of 32 characters, version 1 of the scheme, nine fuses that are all off. */
const FUSES = Buffer.concat([
  Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'),
  Buffer.from([1, 9]),
  Buffer.from('000000000'),
]);

const TERMS = ['LICENSE', 'LICENSES.chromium.html'];

const COMMON = [
  ...['icudtl.dat', 'resources.pak', 'chrome_100_percent.pak', 'chrome_200_percent.pak'],
  ...['snapshot_blob.bin', 'v8_context_snapshot.bin', 'locales/en-US.pak', 'locales/de.pak'],
];

type Files = Record<string, string | Buffer>;

export function linuxElectron(folder: string): string {
  const libraries = ['libffmpeg.so', 'libEGL.so', 'libGLESv2.so', 'libvk_swiftshader.so', 'libvulkan.so.1'];
  return write(folder, {
    ...texts(TERMS),
    ...binaries([...COMMON, 'chrome-sandbox', 'chrome_crashpad_handler', ...libraries]),
    version,
    electron: Buffer.concat([Buffer.from('#!/bin/sh\nexit 0\n#'), FUSES]),
  });
}

export function macElectron(folder: string): string {
  const contents = 'Electron.app/Contents';
  const framework = `${contents}/Frameworks/Electron Framework.framework`;
  const helpers = ['', ' (GPU)', ' (Plugin)', ' (Renderer)'].map((kind) => `Electron Helper${kind}`);
  const helperFiles = helpers.flatMap((name): [string, string][] => [
    [`${contents}/Frameworks/${name}.app/Contents/Info.plist`, plist(name)],
    [`${contents}/Frameworks/${name}.app/Contents/MacOS/${name}`, '#!/bin/sh\n'],
  ]);
  return write(folder, {
    version,
    ...texts(TERMS),
    [`${contents}/Info.plist`]: plist('Electron'),
    [`${contents}/MacOS/Electron`]: '#!/bin/sh\n',
    [`${contents}/Resources/electron.icns`]: 'icns\0',
    [`${framework}/Electron Framework`]: FUSES,
    [`${framework}/Versions/A/Electron Framework`]: FUSES,
    [`${framework}/Versions/A/Resources/en.lproj/locale.pak`]: '',
    ...Object.fromEntries(helperFiles),
  });
}

export function windowsElectron(folder: string): string {
  const names = ['ffmpeg', 'libEGL', 'libGLESv2', 'vk_swiftshader', 'vulkan-1', 'd3dcompiler_47', 'dxcompiler', 'dxil'];
  const libraries = names.map((name) => `${name}.dll`);
  const files = { ...texts(TERMS), ...binaries([...COMMON, ...libraries]), version };
  return write(folder, { ...files, 'electron.exe': windowsProgram() });
}

/** A program of Windows without code, whose version the builder rewrites with the library that makes it here. */
function windowsProgram(): Buffer {
  const builder = createRequire(createRequire(require.resolve('electron-builder')).resolve('app-builder-lib'));
  const { NtExecutable, NtExecutableResource, Resource } = builder('resedit');
  const program = NtExecutable.createEmpty(false, false);
  const resources = NtExecutableResource.from(program);
  const details = Resource.VersionInfo.createEmpty();
  details.setStringValues({ lang: 0x0409, codepage: 1200 }, { ProductName: 'Electron' });
  details.outputToResourceEntries(resources.entries);
  resources.entries.push({ type: 10, id: 1, lang: 0x0409, codepage: 1200, bin: Uint8Array.from(FUSES).buffer });
  resources.outputResource(program);
  return Buffer.from(program.generate());
}

const plist = (name: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>CFBundleExecutable</key><string>${name}</string>
<key>CFBundleIdentifier</key><string>com.github.Electron</string>
<key>CFBundleName</key><string>${name}</string>
<key>CFBundleDisplayName</key><string>${name}</string>
<key>CFBundlePackageType</key><string>APPL</string>
</dict></plist>`;

const texts = (names: string[]): Files => Object.fromEntries(names.map((name) => [name, 'terms']));
const binaries = (names: string[]): Files => Object.fromEntries(names.map((name) => [name, '\0']));

/** Files with these contents, all of them programs. */
export function write(folder: string, files: Files): string {
  for (const [name, contents] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents, { mode: 0o755 });
  }
  return folder;
}
