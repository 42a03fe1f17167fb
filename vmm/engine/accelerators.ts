/** Which accelerators there are on this host, and what is known of each. */

export type AcceleratorName = 'kvm' | 'hvf' | 'whpx' | 'tcg';

/** An accelerator that a guest has run on. `tscKhz` is known, and needed, under TCG alone. */
export type Accelerator = { name: 'kvm' | 'hvf' | 'whpx' } | { name: 'tcg'; tscKhz: number };

export type Verdict =
  | { name: AcceleratorName; available: true }
  /** one sentence for `mvm doctor`, without its full stop */
  | { name: AcceleratorName; available: false; reason: string };

export interface ProbeResult {
  chosen: Accelerator;
  verdicts: Verdict[];
  /** Unix ms */
  probedAt: number;
  /** nothing was started: host, engine and kernel are those of an earlier probe */
  fromCache: boolean;
}
