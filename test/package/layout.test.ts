/** The packages as they are laid out, around an Electron that stands in for the real one, which cannot be had offline. */
import { execFile, execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { extractAll, listPackage } from '@electron/asar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../../vmm/client/connect.ts';
import { desktop } from '../desktop/app.ts';
import { eventually } from '../world.ts';
import { ARCHIVES, debianPackager, LINUX, linuxFolder, makePackage, ROOT, sevenZip } from './packaged.ts';

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

let work = '';
let app = '';
let parts = '';

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'mvm package '));
  ({ app, parts } = await linuxFolder(work));
}, 600_000);

afterAll(() => rmSync(work, { recursive: true, force: true }));

/** A clean surrounding: nothing of this checkout is found by a variable. */
function run(program: string, args: string[], home: string): Promise<{ stdout: string; stderr: string }> {
  const env = { PATH: '/usr/bin:/bin', HOME: home, MVM_HOME: join(home, 'mvm') };
  return promisify(execFile)(program, args, { env });
}

describe('the package for Linux', () => {
  it('holds the app, Node, its programs, the engine and what guests are made of', () => {
    for (const name of [
      'mvm-desktop',
      'resources/app.asar',
      'resources/mvm/bin/mvm',
      'resources/mvm/runtime/bin/node',
      'resources/mvm/lib/service.mjs',
      'resources/mvm/lib/renderer/index.html',
      'resources/mvm/lib/node_modules/node-pty/build/Release/pty.node',
      'resources/mvm/guest/vmlinux',
      'resources/mvm/licences/list.json',
    ])
      expect(existsSync(join(app, name)), name).toBe(true);
    expect(listPackage(join(app, 'resources', 'app.asar'), { isPack: false })).toEqual(
      expect.arrayContaining([
        '/electron/main.cjs',
        '/electron/preload.cjs',
        '/renderer/index.html',
        '/icons/tray.png',
      ]),
    );
  });

  it('has nothing that is not needed, and no name of this computer', () => {
    const files = globSync('**', { cwd: parts });
    expect(files.filter((file) => /\.(map|ts|cpp|h|gyp|test\.js)$|win32|darwin|musl/.test(file))).toEqual([
      ...files.filter((file) => /better-sqlite3\/lib\/(darwin|win32|linuxmusl)-/.test(file)),
    ]);
    const texts = files.filter((file) => /\.(json|cjs|mjs)$/.test(file));
    for (const file of texts) expect(readFileSync(join(parts, file), 'utf8').includes(ROOT), file).toBe(false);
  });

  it('has its fuses turned: the app runs nothing but its own archive', () => {
    const program = readFileSync(join(app, 'mvm-desktop'));
    const at = program.indexOf('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX') + 34;
    // runAsNode, cookieEncryption, nodeOptions, nodeCliInspect, asarIntegrity, onlyLoadAppFromAsar, (a snapshot's), fileExtra
    expect(program.subarray(at, at + 8).toString()).toBe('01001100');
  });

  it('runs a guest from where it lies, through a link and with nothing else of mvm there', async () => {
    const home = mkdtempSync(join(tmpdir(), 'mvm-packaged-'));
    const link = join(home, 'a link');
    symlinkSync(join(parts, 'bin', 'mvm'), link);
    const { stdout } = await run(link, ['run', 'linux', 'echo', 'from the package'], home);
    expect(stdout).toBe('from the package\n');
    const { stdout: stdoutOfVersion } = await run(link, ['version'], home);
    expect(stdoutOfVersion).toContain(version);
    const { checks } = JSON.parse((await run(link, ['doctor', '--json'], home)).stdout);
    for (const name of ['engine', 'guest', 'terminals'])
      expect(checks).toContainEqual(expect.objectContaining({ name, status: 'ok' }));
    await call({ home: join(home, 'mvm'), entry: null }, 'shutdown', {});
    rmSync(home, { recursive: true, force: true });
  });

  it('opens the window of the archived app, whose service is the packaged one', async () => {
    const archive = join(work, 'archive');
    extractAll(join(app, 'resources', 'app.asar'), archive);
    const home = desktop();
    const started = await home.start({
      main: join(archive, 'electron', 'main.cjs'),
      env: { STANDIN_PACKAGED: '1', STANDIN_APP_PATH: archive, STANDIN_RESOURCES: join(app, 'resources') },
    });
    const page = await started.page();
    const { version } = await page.evaluate(() => window.mvm.call('version', {}));
    expect(version).not.toBe('');
    const pid = await eventually(() => home.world.servicePid(), 'the service');
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain(join(parts, 'lib', 'service.mjs'));
    expect(readlinkSync(`/proc/${pid}/exe`)).toBe(join(parts, 'runtime', 'bin', 'node'));
    expect(await started.hears('protocol-client')).toMatchObject({ scheme: 'mvm' });
  });

  it('leaves what outlives an AppImage where it stays: the service, the command line, the start at login', async () => {
    const mount = join(work, 'mount');
    const appImage = join(work, 'mvm.AppImage');
    cpSync(parts, join(mount, 'resources', 'mvm'), { recursive: true });
    writeFileSync(appImage, '#!/bin/sh\n', { mode: 0o755 });
    const archive = join(mount, 'archive');
    extractAll(join(app, 'resources', 'app.asar'), archive);
    const home = desktop();
    const started = await home.start({
      main: join(archive, 'electron', 'main.cjs'),
      env: {
        STANDIN_PACKAGED: '1',
        STANDIN_APP_PATH: archive,
        STANDIN_RESOURCES: join(mount, 'resources'),
        APPIMAGE: appImage,
        APPDIR: mount,
        PATH: [join(home.userData, '.local', 'bin'), mount, process.env.PATH].join(delimiter),
      },
    });
    const page = await started.page();
    const pid = await eventually(() => home.world.servicePid().catch(() => false as const), 'the service');
    await page.evaluate(() => window.mvm.desktop?.change({ startAtLogin: true, commandLine: true }));
    await started.end();
    rmSync(mount, { recursive: true });
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain(mount);
    const command = join(home.userData, '.local', 'bin', 'mvm');
    const said = await promisify(execFile)(command, ['run', 'linux', 'echo', 'still there'], { env: home.world.env });
    expect(said).toEqual({ stdout: 'still there\n', stderr: '' });
    expect(await home.world.servicePid()).toBe(pid);
    const autostart = join(home.userData, 'config', 'autostart', 'mvm.desktop');
    expect(readFileSync(autostart, 'utf8')).toContain(`Exec="${appImage}" --hidden`);
  });

  it('opens its app by mvm ui', async () => {
    const home = mkdtempSync(join(tmpdir(), 'mvm-packaged-'));
    expect(await run(join(parts, 'bin', 'mvm'), ['ui'], home)).toEqual({ stdout: '', stderr: '' });
  });
});

/** As electron-builder makes them, but for the tools that it downloads: Debian's 7-Zip, and dpkg-deb in place of fpm. */
describe.skipIf(!sevenZip)(`packages for Linux${sevenZip ? '' : ' (skipped: there is no 7za)'}`, () => {
  let place = '';
  beforeAll(async () => {
    const out = join(work, 'archives');
    const options = [...LINUX, '--target', 'tar.gz', '--target', 'deb', '--electron', join(work, 'electron')];
    await makePackage(out, options, { ...ARCHIVES, ...debianPackager(work) });
    place = join(out, `mvm-${version}-linux`);
  }, 600_000);

  it('are an archive that runs a guest from where it was unpacked', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mvm-unpacked-'));
    execFileSync('tar', ['-xzf', `${place}-x64.tar.gz`, '-C', folder]);
    const unpacked = join(folder, `mvm-${version}-linux-x64`);
    expect(readdirSync(unpacked)).toEqual(expect.arrayContaining(['mvm-desktop', 'LICENSE.electron.txt', 'resources']));
    await runsGuest(join(unpacked, 'resources', 'mvm', 'bin', 'mvm'));
    rmSync(folder, { recursive: true });
  });

  it('are one of Debian, which has mvm on PATH, opens its links and asks for what its programs were linked with', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mvm-installed-'));
    const deb = `${place}-amd64.deb`;
    execFileSync('dpkg-deb', ['-x', deb, folder]);
    const command = readlinkSync(join(folder, 'usr', 'bin', 'mvm'));
    expect(command).toBe('/opt/mvm/resources/mvm/bin/mvm');
    await runsGuest(join(folder, command));
    const entry = readFileSync(join(folder, 'usr/share/applications/mvm-desktop.desktop'), 'utf8');
    expect(entry).toMatch(/^Exec=\/opt\/mvm\/mvm-desktop %U$/m);
    expect(entry).toMatch(/^MimeType=x-scheme-handler\/mvm;$/m);
    for (const icon of ['16x16', '512x512'])
      expect(existsSync(join(folder, 'usr/share/icons/hicolor', icon, 'apps/mvm-desktop.png')), icon).toBe(true);
    const field = (name: string) => execFileSync('dpkg-deb', ['-f', deb, name], { encoding: 'utf8' }).trim();
    expect([field('Package'), field('Version'), field('Architecture')]).toEqual(['mvm', version, 'amd64']);
    const [, least = ''] = field('Depends').match(/libc6 \(>= ([\d.]+)\)/) ?? [];
    expect(newest('GLIBC', join(folder, 'opt/mvm/resources/mvm'))).toBe(least);
    rmSync(folder, { recursive: true });
  });
});

async function runsGuest(command: string): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'mvm-packaged-'));
  expect((await run(command, ['run', 'linux', 'echo', 'from the package'], home)).stdout).toBe('from the package\n');
  await call({ home: join(home, 'mvm'), entry: null }, 'shutdown', {});
  rmSync(home, { recursive: true, force: true });
}

/** The newest version of a library that any program or library of a folder wants. */
function newest(library: string, folder: string): string | undefined {
  const files = globSync('{bin,runtime,engine,lib}/**', { cwd: folder, withFileTypes: true })
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => readFileSync(path).subarray(0, 4).toString('latin1') === '\x7fELF');
  const said = execFileSync('readelf', ['-V', ...files], { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 });
  const wanted = [...said.matchAll(new RegExp(`${library}_([\\d.]+)`, 'g'))].map(([, number = '']) => number);
  return wanted.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
}
