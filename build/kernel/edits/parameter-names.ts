// SPDX-License-Identifier: GPL-2.0-only
import { replaceOnce, type SourceEdit } from '../../edit.ts';

/**
 * Each word of the command line is compared with each parameter's name at each of ten stages, and each comparison first
 * measured the whole name. Nearly all names differ in their first letter.
 */
export const parameterNames: SourceEdit = {
  file: 'kernel/params.c',
  apply: (text) => replaceOnce(text, place, `${firstLetter}${place}`),
};

const place = '\treturn parameqn(a, b, strlen(a)+1);\n';

const firstLetter = '\tif (dash2underscore(*a) != dash2underscore(*b))\n\t\treturn false;\n';
