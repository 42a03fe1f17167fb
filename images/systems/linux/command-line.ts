/**
 * The kernel's whole command line. It depends on the accelerator alone: what differs between machines comes in the
 * agent's `become` message, so that a template of one machine serves all others.
 */
export function linuxCommandLine(accelerator: LinuxAccelerator): string {
  return [...everywhere, ...timing(accelerator)].join(' ');
}

export type LinuxAccelerator =
  | { name: 'kvm' }
  /** Without `tscKhz` this is the probe's boot, which wants `pit=on`: the kernel says on its console what it measured. */
  | { name: 'tcg'; tscKhz?: number };

const everywhere = [
  'console=ttyS0',
  'panic=-1',
  // Without ACPI the kernel first waits a second for a keyboard controller to reset the machine.
  'reboot=t',
  'no_timer_check',
  // On one vCPU the kernel would rewrite its locks into their unlocked form: 4 M instructions for nothing.
  'noreplace-smp',
  'cpu_init_udelay=0',
  // From 3 GiB on the kernel sets 64 MiB aside, and clears them, for devices that cannot reach all memory: virtio can.
  'swiotlb=noforce',
];

function timing(accelerator: LinuxAccelerator): string[] {
  if (accelerator.name === 'kvm') return ['quiet'];
  if (accelerator.tscKhz === undefined) return [];
  // Emulated, the kernel cannot measure its clocks without a PIT, and with one it measures the host's load. A wrong
  // TSC rate makes the guest's clock drift; without tsc=reliable a loaded host makes the kernel give the TSC up.
  return [
    'quiet',
    `tsc_early_khz=${Math.round(accelerator.tscKhz)}`,
    'tsc=reliable',
    // QEMU's local APIC counts at 1 GHz (hw/intc/apic.c). The parameter is ours: build/kernel/edits/lapic-timer.ts.
    'lapic_timer_khz=1000000',
    'lpj=5000000',
  ];
}
