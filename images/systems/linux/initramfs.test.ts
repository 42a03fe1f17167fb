import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { agentFolders, linuxInitramfs, writeInitramfs } from './initramfs.ts';

const agent = Buffer.from('an agent of 23 bytes ..');

test('holds the agent, its devices and every folder it mounts on, as cpio lists them', (context) => {
  const listed = cpio(['-tv', '--numeric-uid-gid'], linuxInitramfs(agent));
  if (!listed) return context.skip('cpio is not installed');
  const lines = listed.split('\n').map((line) => line.replace(/\s+/g, ' '));
  expect(lines).toContainEqual(expect.stringMatching(/^-rwxr-xr-x 1 0 0 23 .* init$/));
  expect(lines).toContainEqual(expect.stringMatching(/^crw------- 1 0 0 5, 1 .* dev\/console$/));
  expect(lines).toContainEqual(expect.stringMatching(/^crw-rw-rw- 1 0 0 1, 3 .* dev\/null$/));
  for (const folder of agentFolders) {
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^drwxr-xr-x 2 0 0 0 .* ${folder}$`)));
  }
});

test('gives a file back byte for byte, whatever its length', (context) => {
  for (const length of [0, 1, 2, 3, 4, 4097]) {
    const data = Buffer.from(Array.from({ length }, (_, i) => 33 + (i % 90)));
    const archive = writeInitramfs([{ kind: 'file', name: 'some/file', data, mode: 0o644 }]);
    const extracted = cpio(['-i', '--to-stdout', '--quiet'], archive);
    if (extracted === undefined) return context.skip('cpio is not installed');
    expect(extracted).toBe(data.toString());
  }
});

test('is the same bytes for the same agent', () => {
  expect(linuxInitramfs(agent).equals(linuxInitramfs(Buffer.from(agent)))).toBe(true);
});

test('is aligned and ended as the kernel wants it', () => {
  const archive = linuxInitramfs(agent);
  expect(archive.length % 4).toBe(0);
  expect(archive.includes('TRAILER!!!\0')).toBe(true);
  expect(archive.toString('latin1', 0, 6)).toBe('070701');
});

function cpio(args: string[], archive: Buffer): string | undefined {
  const { error, status, stdout, stderr } = spawnSync('cpio', args, { input: archive });
  if (error) return undefined;
  if (status !== 0) throw new Error(stderr.toString());
  return stdout.toString();
}
