// SPDX-License-Identifier: GPL-2.0-only
import { replaceOnce, type SourceEdit } from '../../edit.ts';

/** A TSC rate given by `tsc_early_khz=` is the CPU's rate too: nothing is left to measure with a PIT that is not there. */
export const tscEarly: SourceEdit = {
  file: 'arch/x86/kernel/tsc.c',
  apply: (text) => replaceOnce(text, place, trusting),
};

const place = `		cpu_khz = x86_platform.calibrate_cpu();
		if (tsc_early_khz) {
			tsc_khz = tsc_early_khz;
		} else {
`;

const trusting = `		if (tsc_early_khz) {
			cpu_khz = tsc_khz = tsc_early_khz;
		} else {
			cpu_khz = x86_platform.calibrate_cpu();
`;
