import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { engineEdits } from '../../../build/engine/edits/index.ts';
import { qemuEdits } from './edits.ts';
import { findQemu, isAtLeast, versionIn } from './find.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mvm-find-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** A program that says a version and notes that it was asked. */
function fakeQemu(version: string, name = 'qemu-system-x86_64', package_ = `Debian 1:${version}`): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    `#!/bin/sh\necho asked >> '${folder}/asked'\necho 'QEMU emulator version ${version} (${package_})'\n`,
  );
  chmodSync(path, 0o755);
  return path;
}

const find = (env: NodeJS.ProcessEnv, own: string | null = null) =>
  findQemu({ env, own, cacheFile: join(folder, 'engine.json') });
const timesAsked = (): number => readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n').length;

test('takes the QEMU on PATH and asks it for its version once', async () => {
  const path = fakeQemu('9.1.3');
  const PATH = `/nowhere:${folder}`;
  expect(await find({ PATH })).toMatchObject({ path, version: '9.1.3' });
  expect(await find({ PATH })).toMatchObject({ path, version: '9.1.3' });
  expect(timesAsked()).toBe(1);
});

test('asks again when the file has changed, and calls it another engine', async () => {
  fakeQemu('9.1.3');
  const before = await find({ PATH: folder });
  fakeQemu('10.0.0');
  const after = await find({ PATH: folder });
  expect(after.version).toBe('10.0.0');
  expect(after.identity).not.toBe(before.identity);
});

test('asks again when what it remembered is damaged', async () => {
  fakeQemu('9.1.3');
  writeFileSync(join(folder, 'engine.json'), '{"identity": ');
  expect(await find({ PATH: folder })).toMatchObject({ version: '9.1.3' });
});

test('prefers the one that MVM_QEMU names', async () => {
  fakeQemu('9.1.3');
  const mine = fakeQemu('10.0.0', 'mine');
  expect(await find({ PATH: folder, MVM_QEMU: mine })).toMatchObject({ path: mine, version: '10.0.0' });
});

test("prefers mvm's own to the one on PATH, and knows what it can", async () => {
  fakeQemu('11.0.0');
  const own = fakeQemu('10.0.2', 'own', 'mvm: closed-loopback folder-owners unheard-of');
  const found = await find({ PATH: folder }, own);
  expect(found).toMatchObject({ path: own, version: '10.0.2', edits: ['closed-loopback', 'folder-owners'] });
  expect(await find({ PATH: folder }, own)).toEqual(found);
  expect(timesAsked()).toBe(1);
});

test('takes the one on PATH, and says why, when its own does not run or is not there', async () => {
  const path = fakeQemu('9.1.3');
  const broken = join(folder, 'broken');
  writeFileSync(broken, "#!/bin/sh\necho 'libslirp.so.0: cannot open\u001b[m shared object' >&2\nexit 127\n", {
    mode: 0o755,
  });
  expect(await find({ PATH: folder }, broken)).toMatchObject({
    path,
    edits: [],
    choice: "from PATH, for mvm's own does not run: libslirp.so.0: cannot open\\x1b[m shared object",
  });
  expect(await find({ PATH: folder })).toMatchObject({ path, choice: "from PATH, for mvm's own is not built" });
});

test('knows the edits that the build makes by their names', () => {
  expect(engineEdits.map(({ name }) => name)).toEqual([...qemuEdits]);
});

test('says what to install when there is none', async () => {
  await expect(find({ PATH: folder })).rejects.toMatchObject({
    code: 'engine.missing',
    hint: expect.stringMatching(/./),
  });
});

test('says so when MVM_QEMU names no program', async () => {
  const wrong = find({ PATH: folder, MVM_QEMU: join(folder, 'none') });
  await expect(wrong).rejects.toMatchObject({ code: 'engine.missing', message: expect.stringContaining('MVM_QEMU') });
});

test('refuses a QEMU that is too old', async () => {
  fakeQemu('7.2.11');
  await expect(find({ PATH: folder })).rejects.toMatchObject({
    code: 'engine.too-old',
    message: expect.stringContaining('is QEMU 7.2.11; mvm needs 8.2 or later'),
  });
});

test('names a program that does not run', async () => {
  const path = join(folder, 'qemu-system-x86_64');
  writeFileSync(path, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  await expect(find({ PATH: folder })).rejects.toMatchObject({
    code: 'engine.missing',
    message: `${path} does not run`,
  });
});

test.each([
  ['8.2', '8.2', true],
  ['8.2.0', '8.2', true],
  ['10.0.2', '8.2', true],
  ['8.10', '8.2', true],
  ['8.1.9', '8.2', false],
  ['7.2', '8.2', false],
  ['8', '8.2', false],
])('counts %s against %s by numbers: %s', (version, least, enough) => {
  expect(isAtLeast(version, least)).toBe(enough);
});

test('reads the version out of what QEMU says', () => {
  expect(versionIn('QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2~bpo12+1)\nCopyright (c) 2003-2025')).toBe(
    '10.0.2',
  );
});
