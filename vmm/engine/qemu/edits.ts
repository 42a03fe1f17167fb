/** What mvm's own QEMU does differently: `build/engine/edits` makes it so, and it says so itself in its version. */
export const qemuEdits = ['closed-loopback', 'shared-discard', 'folder-owners', 'export-at-mount'] as const;

export type QemuEdit = (typeof qemuEdits)[number];

/** Those of `QEMU emulator version 10.0.2 (mvm: closed-loopback shared-discard …)`; none of another QEMU's. */
export function editsIn(versionText: string): QemuEdit[] {
  const said = versionText.match(/\(mvm: ([^)]*)\)/)?.[1]?.split(' ') ?? [];
  return qemuEdits.filter((edit) => said.includes(edit));
}
