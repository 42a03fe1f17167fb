import { expect, test } from 'vitest';
import { linuxCommandLine } from './command-line.ts';

test('names the host TSC rate and our timer rate under TCG only', () => {
  const emulated = linuxCommandLine({ name: 'tcg', tscKhz: 2_596_150.4 }).split(' ');
  expect(emulated).toEqual(
    expect.arrayContaining(['tsc_early_khz=2596150', 'tsc=reliable', 'lapic_timer_khz=1000000', 'lpj=5000000']),
  );
  expect(linuxCommandLine({ name: 'kvm' })).not.toMatch(/tsc|lapic|lpj/);
});

test('lets the probing kernel measure the clocks and talk about it', () => {
  const probing = linuxCommandLine({ name: 'tcg' });
  expect(probing).not.toMatch(/quiet|tsc|lapic|lpj/);
});

test('keeps the console quiet and ends a panicked machine at once', () => {
  const words = linuxCommandLine({ name: 'kvm' }).split(' ');
  expect(words).toEqual(expect.arrayContaining(['quiet', 'console=ttyS0', 'panic=-1', 'reboot=t']));
});

test('switches no mitigation off', () => {
  for (const line of [linuxCommandLine({ name: 'kvm' }), linuxCommandLine({ name: 'tcg', tscKhz: 1 })]) {
    expect(line).not.toMatch(/mitigations|nopti|nospec|retbleed|spectre|srso/);
  }
});
