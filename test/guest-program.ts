/** Go programs of the tests, for guests: static, for an image may hold nothing else. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Tests that need one are skipped where there is no Go. */
export const hasGo = spawnSync('go', ['version']).status === 0;

/** The program of a folder's main.go. */
export async function compileForGuest(source: string, folder: string): Promise<Buffer> {
  const out = join(folder, 'program');
  const offline = { CGO_ENABLED: '0', GOOS: 'linux', GOARCH: 'amd64', GOTOOLCHAIN: 'local', GOPROXY: 'off' };
  execFileSync('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', out, 'main.go'], {
    cwd: source,
    env: { HOME: folder, ...process.env, ...offline, GOFLAGS: '-mod=mod' },
  });
  return readFile(out);
}
