// SPDX-License-Identifier: GPL-2.0-only
import { type KernelEdit, replaceOnce } from './edit.ts';

/** No /sys/kernel/slab: a few thousand files for debugging the kernel's allocator, made at each boot. */
export const slabSysfs: KernelEdit = {
  file: 'mm/slab.h',
  apply: (text) => replaceOnce(text, '#if defined(CONFIG_SYSFS) && !defined(CONFIG_SLUB_TINY)\n', '#if 0\n'),
};
