// SPDX-License-Identifier: GPL-2.0-only
import { replaceOnce, type SourceEdit } from '../../edit.ts';

/** No /sys/kernel/slab: a few thousand files for debugging the kernel's allocator, made at each boot. */
export const slabSysfs: SourceEdit = {
  file: 'mm/slab.h',
  apply: (text) => replaceOnce(text, '#if defined(CONFIG_SYSFS) && !defined(CONFIG_SLUB_TINY)\n', '#if 0\n'),
};
