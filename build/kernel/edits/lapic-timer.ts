// SPDX-License-Identifier: GPL-2.0-only
import { replaceOnce, type SourceEdit } from '../../edit.ts';

/**
 * `lapic_timer_khz=`: the local APIC timer's rate, told instead of measured. Under emulation the measurement may fail
 * its verification, and a guest without a PIT then has no timer at all: it boots, answers, and `sleep 1` never ends.
 */
export const lapicTimer: SourceEdit = {
  file: 'arch/x86/kernel/apic/apic.c',
  apply: (text) => replaceOnce(text, place, `${place}${parameter}`),
};

const place = 'unsigned int lapic_timer_period = 0;\n';

const parameter = `
static int __init lapic_timer_khz_setup(char *buf)
{
	unsigned int khz;
	int err = kstrtouint(buf, 0, &khz);

	if (!err)
		lapic_timer_period = khz * (1000 / HZ);
	return err;
}
early_param("lapic_timer_khz", lapic_timer_khz_setup);
`;
