/** Which QEMU runs the machines: the one named by `MVM_QEMU`, else the one on PATH. */
import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { MvmError } from '../../contract/errors.ts';
import { readJson, writeJson } from '../remembered.ts';
import { shortDigest } from './short-digest.ts';

export interface QemuBinary {
  path: string;
  version: string;
  /** changes with the file: part of the key of whatever was learnt with it */
  identity: string;
}

/** The first with `-blockdev` reopening and JSON devices as we use them. */
const LEAST = '8.2';
const NAME = 'qemu-system-x86_64';

/** @throws MvmError `engine.missing`, `engine.too-old` */
export async function findQemu({ env, cacheFile }: { env: NodeJS.ProcessEnv; cacheFile: string }): Promise<QemuBinary> {
  const found = locate(env);
  if (!found) throw missing(env);
  const identity = shortDigest(`${found.path} ${found.size} ${found.mtimeMs}`);
  const version = await versionOf(found.path, identity, cacheFile);
  if (!isAtLeast(version, LEAST)) throw tooOld(found.path, version);
  return { path: found.path, version, identity };
}

function locate(env: NodeJS.ProcessEnv): { path: string; size: number; mtimeMs: number } | null {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = env.MVM_QEMU ? [resolve(env.MVM_QEMU)] : folders.map((folder) => join(folder, NAME));
  for (const path of candidates) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() && (found.mode & 0o111) !== 0) return { path, size: found.size, mtimeMs: found.mtimeMs };
  }
  return null;
}

/** Asking costs some 30 ms, so the answer is remembered while the file is the same. */
async function versionOf(path: string, identity: string, cacheFile: string): Promise<string> {
  const remembered = readJson(cacheFile);
  if (remembered?.identity === identity && typeof remembered.version === 'string') return remembered.version;
  const version = await askVersion(path);
  writeJson(cacheFile, { identity, version });
  return version;
}

async function askVersion(path: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 10_000 });
    return versionIn(stdout);
  } catch (cause) {
    throw new MvmError('engine.missing', `${path} does not run`, { hint: install(), cause });
  }
}

/** `10.0.2` of `QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)`. */
export const versionIn = (text: string): string => text.match(/version (\d+(?:\.\d+)+)/)?.[1] ?? '0';

export function isAtLeast(version: string, least: string): boolean {
  const [has, wanted] = [version, least].map((text) => text.split('.').map(Number));
  const first = wanted?.findIndex((number, index) => number !== (has?.[index] ?? 0)) ?? -1;
  return first === -1 || (has?.[first] ?? 0) > (wanted?.[first] ?? 0);
}

function missing(env: NodeJS.ProcessEnv): MvmError {
  if (!env.MVM_QEMU) return new MvmError('engine.missing', `there is no ${NAME} on PATH`, { hint: install() });
  return new MvmError('engine.missing', `MVM_QEMU names ${env.MVM_QEMU}, which is no program`, {
    hint: `Let it name a ${NAME}, or unset it.`,
  });
}

const tooOld = (path: string, version: string): MvmError =>
  new MvmError('engine.too-old', `${path} is QEMU ${version}; mvm needs ${LEAST} or later`, { hint: install() });

const installLines: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'apt install -t bookworm-backports qemu-system-x86 (Debian 12), or your distribution’s QEMU 8.2 or later',
  darwin: 'brew install qemu',
};

const install = (platform: NodeJS.Platform = process.platform): string =>
  installLines[platform] ?? 'Install QEMU 8.2 or later.';
