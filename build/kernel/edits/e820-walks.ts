// SPDX-License-Identifier: GPL-2.0-only
import { replaceOnce, type SourceEdit } from '../../edit.ts';

/**
 * While it maps memory, the kernel searches the firmware's memory map three times for every page table entry beyond the
 * mapped range, to learn whether the entry must be cleared. An entry that is clear already needs no search.
 */
export const e820Walks: SourceEdit = {
  file: 'arch/x86/mm/init_64.c',
  apply: (text) => ['pte', 'pmd', 'pud'].reduce(skipClear, text),
};

function skipClear(text: string, level: string): string {
  const walk = `\t\t\t    !e820__mapped_any(paddr & ${mask[level]}, paddr_next,\n\t\t\t\t\t     E820_TYPE_RAM) &&\n`;
  return replaceOnce(text, walk, `\t\t\t    !${level}_none(*${level}) &&\n${walk}`);
}

const mask: Record<string, string> = { pte: 'PAGE_MASK', pmd: 'PMD_MASK', pud: 'PUD_MASK' };
