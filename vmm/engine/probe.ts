/**
 * Finds the accelerator for this host by starting guests, for a /dev/kvm that opens may still hang (nested hosts,
 * containers). TCG always serves; the TSC rate that its guests need is measured at the same time.
 */
import { release } from 'node:os';
import { MvmError } from '../contract/errors.ts';
import type { Accelerator, ProbeResult, Verdict } from './accelerators.ts';
import type { Engine } from './engine.ts';
import { examineKvm, type KvmDevice } from './kvm-device.ts';
import { type Evidence, type ProbeGround, type Start, withProbeGuest } from './probe-guest.ts';
import { bootId } from './qemu/identity.ts';
import { readJson, writeJson } from './remembered.ts';

/** A guest under KVM is ready within 0.2 s; one that is not by now does not run, in ms. */
const KVM_MS = 1_200;
/** TCG has nothing to fall back on, so a busy host gets its time, in ms. */
const TCG_MS = 30_000;

export interface ProbeOptions extends ProbeGround {
  engine: Engine;
  /** where the result is remembered */
  cacheFile: string;
  /** resolves when the agent behind these sockets has answered */
  signOfLife: Evidence<unknown>;
  kvm?: KvmDevice;
  /** forgets what was found earlier: a host that was too busy then may have KVM after all */
  fresh?: boolean;
}

/** @throws MvmError `engine.no-accelerator` */
export async function probeAccelerators(options: ProbeOptions): Promise<ProbeResult> {
  const kvm = options.kvm ?? examineKvm();
  const key = [bootId(), release(), options.engine.identity, kvm.identity].join(' ');
  const remembered = options.fresh ? null : recall(options.cacheFile, key);
  if (remembered) return { ...remembered, fromCache: true };
  const found = { ...(await probe(options, kvm)), probedAt: Date.now() };
  writeJson(options.cacheFile, { key, ...found });
  return { ...found, fromCache: false };
}

async function probe(options: ProbeOptions, kvm: KvmDevice): Promise<{ chosen: Accelerator; verdicts: Verdict[] }> {
  const [kvmVerdict, tcg] = await Promise.all([tryKvm(options, kvm), measureTcg(options)]);
  // What was given up says nothing of the host.
  options.signal?.throwIfAborted();
  const tcgVerdict: Verdict =
    'reason' in tcg ? { ...tcg, name: 'tcg', available: false } : { name: 'tcg', available: true };
  const verdicts: Verdict[] = [kvmVerdict, tcgVerdict, ...untried()];
  if (kvmVerdict.available) return { chosen: { name: 'kvm' }, verdicts };
  if ('reason' in tcg) throw nothingRuns(kvmVerdict.reason, tcg.reason);
  return { chosen: tcg, verdicts };
}

async function tryKvm(options: ProbeOptions, kvm: KvmDevice): Promise<Verdict> {
  if (kvm.obstacle !== null) return { name: 'kvm', available: false, reason: kvm.obstacle };
  try {
    const { engine, signOfLife } = options;
    const start: Start = async (hardware, how) => engine.launch(engine.plan(hardware, { name: 'kvm' }), how);
    await withProbeGuest(options, KVM_MS, start, signOfLife);
    return { name: 'kvm', available: true };
  } catch (error) {
    return { name: 'kvm', available: false, reason: `/dev/kvm is there but ${whyNot(error, KVM_MS)}` };
  }
}

async function measureTcg(options: ProbeOptions): Promise<{ name: 'tcg'; tscKhz: number } | { reason: string }> {
  try {
    return { name: 'tcg', tscKhz: await options.engine.measureTscKhz(options, TCG_MS) };
  } catch (error) {
    return { reason: whyNot(error, TCG_MS) };
  }
}

/** What other systems have, and mvm cannot use yet. */
function untried(platform: NodeJS.Platform = process.platform): Verdict[] {
  const name = platform === 'darwin' ? 'hvf' : platform === 'win32' ? 'whpx' : null;
  return name ? [{ name, available: false, reason: `${name}: not tried by anyone yet` }] : [];
}

function whyNot(error: unknown, deadlineMs: number): string {
  const { name, code, message } = error as MvmError;
  const late = name === 'TimeoutError' || code === 'engine.silent';
  return late ? `a guest did not start within ${deadlineMs / 1000} s` : `a guest did not start: ${message}`;
}

const nothingRuns = (kvm: string, tcg: string): MvmError =>
  new MvmError('engine.no-accelerator', `no guest runs on this host: with TCG ${tcg}`, {
    hint: 'mvm doctor says what is wrong on this host.',
    details: { kvm, tcg },
  });

function recall(cacheFile: string, key: string): Omit<ProbeResult, 'fromCache'> | null {
  const remembered = readJson(cacheFile);
  if (remembered?.key !== key) return null;
  const { chosen, verdicts, probedAt } = remembered as unknown as ProbeResult;
  return isAccelerator(chosen) && Array.isArray(verdicts) ? { chosen, verdicts, probedAt } : null;
}

function isAccelerator(value: unknown): value is Accelerator {
  const { name, tscKhz } = (value ?? {}) as { name?: unknown; tscKhz?: unknown };
  return name === 'kvm' || (name === 'tcg' && typeof tscKhz === 'number' && tscKhz > 0);
}
