/** Which accelerators there are on this host, and what is known of each. */

export type AcceleratorName = 'kvm' | 'hvf' | 'whpx' | 'tcg';

/** An accelerator that a guest has run on. `tscKhz` is known, and needed, under TCG alone. */
export type Accelerator = { name: 'kvm' | 'hvf' | 'whpx' } | { name: 'tcg'; tscKhz: number };

/** TCG for the probe's guest, whose kernel is to find out the rate. */
export type UnmeasuredTcg = { name: 'tcg'; tscKhz?: undefined };
