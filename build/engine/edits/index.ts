// SPDX-License-Identifier: GPL-2.0-only
import type { SourceEdit } from '../../edit.ts';
import { closedLoopback } from './closed-loopback.ts';
import { exportAtMount } from './export-at-mount.ts';
import { folderOwners } from './folder-owners.ts';
import { sharedDiscard } from './shared-discard.ts';

export interface EngineEdit {
  /** stands in what the engine says of its version, and tells mvm what it can (vmm/engine/qemu/edits.ts) */
  name: string;
  changes: readonly SourceEdit[];
}

/** What we change in QEMU. */
export const engineEdits: readonly EngineEdit[] = [closedLoopback, sharedDiscard, folderOwners, exportAtMount];
