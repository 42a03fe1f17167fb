// SPDX-License-Identifier: GPL-2.0-only
import { replace } from '../../edit.ts';
import type { EngineEdit } from './index.ts';

/** Where madvise cannot drop the private copies (huge pages), fallocate is the only way there is. */
const isTheMemory = '(qemu_ram_is_shared(rb) || !need_madvise)';

/**
 * Memory that a guest gives back is punched out of its file only where the file is the memory. In a machine that maps
 * a template's file privately the hole would be in the template, under every other machine made from it.
 */
export const sharedDiscard: EngineEdit = {
  name: 'shared-discard',
  changes: [
    replace(
      'system/physmem.c',
      '        need_fallocate = rb->fd != -1;\n',
      `        need_fallocate = rb->fd != -1 && ${isTheMemory};\n`,
    ),
  ],
};
