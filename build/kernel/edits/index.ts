// SPDX-License-Identifier: GPL-2.0-only
import { e820Walks } from './e820-walks.ts';
import type { KernelEdit } from './edit.ts';
import { lapicTimer } from './lapic-timer.ts';
import { parameterGroups } from './parameter-groups.ts';
import { parameterNames } from './parameter-names.ts';
import { slabSysfs } from './slab-sysfs.ts';
import { tscEarly } from './tsc-early.ts';

export const kernelEdits: readonly KernelEdit[] = [
  lapicTimer,
  tscEarly,
  slabSysfs,
  e820Walks,
  parameterNames,
  parameterGroups,
];
