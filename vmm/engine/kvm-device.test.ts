import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { examineKvm } from './kvm-device.ts';

function device(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mvm-kvm-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'kvm');
  writeFileSync(path, '', { mode: 0o600 });
  return path;
}

test('has no objection to a device that opens', () => {
  expect(examineKvm(device(), 'linux').obstacle).toBeNull();
});

test('says that there is none', () => {
  expect(examineKvm('/nowhere/kvm', 'linux').obstacle).toContain('there is no /nowhere/kvm');
});

test('does not look for one on another system', () => {
  expect(examineKvm(device(), 'darwin').obstacle).toContain('Linux hosts only');
});

test('is another device after its rights changed', () => {
  const path = device();
  const before = examineKvm(path, 'linux').identity;
  chmodSync(path, 0o660);
  expect(examineKvm(path, 'linux').identity).not.toBe(before);
});

test.skipIf(process.getuid?.() === 0)('names the group when permission is denied (root is never denied)', () => {
  const path = device();
  chmodSync(path, 0);
  expect(examineKvm(path, 'linux').obstacle).toContain('group kvm');
});
