/** Packages for other systems, as far as this one can make and judge them: a Node, an engine and an Electron stand in. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listPackage } from '@electron/asar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findLayout } from '../../electron/layout.ts';
import { findApp } from '../../vmm/cli/open-app.ts';
import { leftOut, noShare } from '../share.ts';
import { macElectron, windowsElectron, write } from './electron-dist.ts';
import { ARCHIVES, linuxFolder, makePackage, ROOT, sevenZip } from './packaged.ts';

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

let work = '';
let parts = '';

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'mvm-systems-'));
  ({ parts } = await linuxFolder(work));
}, 600_000);

afterAll(() => rmSync(work, { recursive: true, force: true }));

interface Wanted {
  system: string;
  arch: string;
  electron: string;
  /** file names of the programs */
  node: string;
  engine: string;
  forms?: string[];
}

async function makeFor({ system, arch, electron, node, engine, forms = ['dir'] }: Wanted): Promise<string> {
  const place = join(work, `${system}-${arch}`);
  const runtime = write(join(place, 'node'), { [node]: '\0Node', LICENSE: 'its terms '.repeat(20) });
  const engines = write(join(place, 'engine'), { [engine]: '\0an engine' });
  // It was built elsewhere from some source, which it says itself.
  copyFileSync(join(parts, 'engine', 'build.json'), join(engines, 'build.json'));
  const options = ['--system', system, '--arch', arch, ...forms.flatMap((form) => ['--target', form])];
  const others = ['--electron', electron, '--node', runtime, '--engine', engines, '--guest', parts];
  await makePackage(join(place, 'out'), [...options, ...others], ARCHIVES);
  return join(place, 'out');
}

/** What the app and the command look for, and what a machine is made of. */
function isWhole(resources: string, platform: NodeJS.Platform): void {
  const surroundings = {
    isPackaged: true,
    appPath: join(resources, 'app.asar'),
    resourcesPath: resources,
    kept: null,
    env: {},
  };
  const { runtime, service, command } = findLayout({ ...surroundings, platform });
  const list = join(resources, 'mvm', 'lib', 'artifacts.json');
  const made = Object.values(JSON.parse(readFileSync(list, 'utf8')) as Record<string, string>);
  expect(made).toHaveLength(6);
  const places = [
    ...made.map((name) => join(list, '..', name)),
    join(resources, 'mvm', 'licences', 'qemu-with-qboot.txt'),
  ];
  for (const path of [runtime, service, command, ...places]) expect(existsSync(path), path).toBe(true);
  expect(findApp(join(resources, 'mvm', 'lib'), platform)).not.toBeNull();
}

/** The native modules of one system, as files: Node reads no archive of Electron's. */
function nativeModules(resources: string): string[] {
  const inside = listPackage(join(resources, 'app.asar'), { isPack: false });
  expect(inside.filter((name) => name.endsWith('.node'))).toEqual([]);
  return globSync('**/*.node', { cwd: join(resources, 'mvm', 'lib', 'node_modules') }).toSorted();
}

describe('the package for macOS', () => {
  it.for([
    { arch: 'arm64', folder: 'mac-arm64', skip: false },
    { arch: 'x64', folder: 'mac', skip: leftOut },
  ])(
    'is one of signed parts: the engine may use the hypervisor, links of mvm are its own ($arch)',
    async (one, { skip }) => {
      skip(one.skip, noShare);
      const electron = macElectron(join(work, 'mac-electron'));
      const { arch, folder } = one;
      const out = await makeFor({ system: 'mac', arch, electron, node: 'bin/node', engine: 'qemu-system-x86_64' });
      const contents = join(out, folder, 'mvm.app', 'Contents');
      expect(readFileSync(join(contents, 'Info.plist'), 'utf8')).toMatch(
        /<key>CFBundleURLSchemes<\/key>\s*<array>\s*<string>mvm</,
      );
      const resources = join(contents, 'Resources');
      isWhole(resources, 'darwin');
      expect(existsSync(join(resources, 'LICENSES.chromium.html'))).toBe(true);
      expect(nativeModules(resources)).toEqual([
        `better-sqlite3/prebuilds/darwin-${arch}.node`,
        `node-pty/prebuilds/darwin-${arch}/pty.node`,
      ]);
      expect(readFileSync(join(ROOT, 'build/package/mac/programs.plist'), 'utf8')).toContain(
        'com.apple.security.hypervisor',
      );
    },
  );
});

describe('the package for Windows', () => {
  it('is a folder and a zip of it, whose programs are .exe, mvm a command that finds them', async () => {
    const electron = windowsElectron(join(work, 'windows-electron'));
    const forms = ['dir', ...(sevenZip ? ['zip'] : [])];
    const programs = { node: 'node.exe', engine: 'qemu-system-x86_64.exe' };
    const out = await makeFor({ system: 'windows', arch: 'x64', electron, forms, ...programs });
    const folder = join(out, 'win-unpacked');
    const resources = join(folder, 'resources');
    isWhole(resources, 'win32');
    const command = readFileSync(join(resources, 'mvm', 'bin', 'mvm.cmd'), 'utf8');
    // %~dp0 is the folder of the command, with its last backslash.
    const called = [...command.matchAll(/%~dp0([^"]+)/g)].map(([, path = '']) => path.replaceAll('\\', '/'));
    expect(called).toEqual(['../runtime/node.exe', '../lib/cli.cjs']);
    for (const path of called) expect(existsSync(join(resources, 'mvm', 'bin', path)), path).toBe(true);
    expect(command.replaceAll('\r\n', '')).not.toContain('\n');
    expect(nativeModules(resources)).toEqual([
      'better-sqlite3/prebuilds/win32-x64.node',
      ...['conpty', 'conpty_console_list', 'pty'].map((name) => `node-pty/prebuilds/win32-x64/${name}.node`),
    ]);
    for (const name of ['winpty', 'openconsole'])
      expect(existsSync(join(resources, 'mvm', 'licences', `${name}.txt`)), name).toBe(true);
    expect(versionOf(join(folder, 'mvm.exe'))).toMatch(new RegExp(`FileVersion\0+${version}\0`));
    if (sevenZip) expect(unzipped(sevenZip, globSync(join(out, '*-win-x64.zip'))[0] ?? '')).toEqual(filesOf(folder));
  });
});

/** Text of its resources, which Windows shows among a program's properties. */
const versionOf = (program: string): string => readFileSync(program).toString('utf16le');

const filesOf = (folder: string): string[] => globSync('**', { cwd: folder }).toSorted();

function unzipped(program: string, archive: string): string[] {
  const folder = join(work, 'unzipped');
  mkdirSync(folder);
  execFileSync(program, ['x', '-y', `-o${folder}`, archive], { stdio: 'ignore' });
  return filesOf(folder);
}
