// SPDX-License-Identifier: GPL-2.0-only
import { expect, test } from 'vitest';
import { kernelEdits } from './index.ts';
import { lapicTimer } from './lapic-timer.ts';
import { slabSysfs } from './slab-sysfs.ts';
import { tscEarly } from './tsc-early.ts';

test.each(kernelEdits.map((edit) => [edit.file, edit] as const))(
  'the edit of %s refuses a file that changed',
  (_, edit) => {
    expect(() => edit.apply('int main(void) { return 0; }\n')).toThrow('not found');
  },
);

test('an edit cannot be made twice', () => {
  const before = '#if defined(CONFIG_SYSFS) && !defined(CONFIG_SLUB_TINY)\n#endif\n';
  const after = slabSysfs.apply(before);
  expect(after).not.toBe(before);
  expect(() => slabSysfs.apply(after)).toThrow('not found');
});

test('the timer parameter is added behind the variable that it sets', () => {
  const after = lapicTimer.apply('before\nunsigned int lapic_timer_period = 0;\nafter\n');
  expect(after).toMatch(
    /^before\nunsigned int lapic_timer_period = 0;\n[\s\S]*early_param\("lapic_timer_khz"[\s\S]*\nafter\n$/,
  );
});

test('a given TSC rate is not measured again, and a missing one still is', () => {
  const body =
    '\t\tcpu_khz = x86_platform.calibrate_cpu();\n\t\tif (tsc_early_khz) {\n\t\t\ttsc_khz = tsc_early_khz;\n\t\t} else {\n';
  const after = tscEarly.apply(`${body}\t\t}\n`);
  const [given = '', missing = ''] = after.split('} else {');
  expect(given).toContain('cpu_khz = tsc_khz = tsc_early_khz;');
  expect(given).not.toContain('calibrate_cpu');
  expect(missing).toContain('calibrate_cpu');
});
