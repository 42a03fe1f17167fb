/** A guest whose PID 1 is not our agent but a script of the test's. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeInitramfs } from '../images/systems/linux/initramfs.ts';

/** For MVM_ARTIFACTS: as what was built, but for what boots first. */
export function brokenGuest(init: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'mvm-broken-'));
  const artifacts = JSON.parse(readFileSync(join(import.meta.dirname, '../.build/artifacts.json'), 'utf8'));
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path)) ?? '';
  const path = join(folder, 'initramfs.cpio');
  writeFileSync(
    path,
    writeInitramfs([
      { kind: 'folder', name: 'dev' },
      { kind: 'device', name: 'dev/console', mode: 0o600, major: 5, minor: 1 },
      { kind: 'file', name: 'busybox', mode: 0o755, data: readFileSync(busybox) },
      { kind: 'file', name: 'init', mode: 0o755, data: Buffer.from(`#!/busybox sh\n${init}\n`) },
    ]),
  );
  const list = join(folder, 'artifacts.json');
  writeFileSync(list, JSON.stringify({ ...artifacts, initramfs: path }));
  return list;
}
