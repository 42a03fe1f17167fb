/** Which QEMU runs the machines: the one that `MVM_QEMU` names, else mvm's own, else the one on PATH. */
import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { MvmError } from '../../contract/errors.ts';
import { readJson, writeJson } from '../remembered.ts';
import { editsIn, type QemuEdit } from './edits.ts';
import { escapeControls } from './escape.ts';
import { shortDigest } from './short-digest.ts';

export interface QemuBinary {
  path: string;
  version: string;
  /** what it does as only mvm's own does */
  edits: readonly QemuEdit[];
  /** why it is this one, for `mvm doctor`: the end of a sentence that began with its version */
  choice: string;
  /** changes with the file: part of the key of whatever was learnt with it */
  identity: string;
}

/** The first with `-blockdev` reopening and JSON devices as we use them. */
const LEAST = '8.2';
const NAME = 'qemu-system-x86_64';

export interface FindOptions {
  env: NodeJS.ProcessEnv;
  /** mvm's own, null when none was built */
  own: string | null;
  cacheFile: string;
}

/** @throws MvmError `engine.missing`, `engine.too-old` */
export async function findQemu({ env, own, cacheFile }: FindOptions): Promise<QemuBinary> {
  if (env.MVM_QEMU)
    return ask(locate([resolve(env.MVM_QEMU)]) ?? misnamed(env.MVM_QEMU), 'which MVM_QEMU names', cacheFile);
  const mine = own === null ? null : locate([own]);
  const obstacle = mine ? await tryOwn(mine, cacheFile) : "mvm's own is not built";
  if (typeof obstacle === 'object') return obstacle;
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const found = locate(folders.map((folder) => join(folder, NAME)));
  if (!found) throw new MvmError('engine.missing', `there is no ${NAME} on PATH, and ${obstacle}`, { hint: install() });
  return ask(found, `from PATH, for ${obstacle}`, cacheFile);
}

/** It may have come here with a copied cache and lack a library. */
async function tryOwn(mine: Program, cacheFile: string): Promise<QemuBinary | string> {
  try {
    return await ask(mine, "mvm's own", cacheFile);
  } catch (error) {
    const { stderr = '' } = (error as MvmError).cause as { stderr?: string };
    return `mvm's own does not run: ${escapeControls(stderr.trim().split('\n')[0] ?? '')}`;
  }
}

interface Program {
  path: string;
  size: number;
  mtimeMs: number;
}

/** The first of these that is a program. */
function locate(paths: string[]): Program | null {
  for (const path of paths) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() && (found.mode & 0o111) !== 0) return { path, size: found.size, mtimeMs: found.mtimeMs };
  }
  return null;
}

async function ask(program: Program, choice: string, cacheFile: string): Promise<QemuBinary> {
  const { path, size, mtimeMs } = program;
  const identity = shortDigest(`${path} ${size} ${mtimeMs}`);
  const said = await versionText(path, identity, cacheFile);
  const version = versionIn(said);
  if (!isAtLeast(version, LEAST)) throw tooOld(path, version);
  return { path, version, edits: editsIn(said), choice, identity };
}

/** Asking costs some 30 ms, so the answer is remembered while the file is the same. */
async function versionText(path: string, identity: string, cacheFile: string): Promise<string> {
  const remembered = readJson(cacheFile);
  if (remembered?.identity === identity && typeof remembered.said === 'string') return remembered.said;
  const said = await askVersion(path);
  writeJson(cacheFile, { identity, said });
  return said;
}

async function askVersion(path: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 10_000 });
    return stdout.split('\n')[0] ?? '';
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

function misnamed(path: string): never {
  throw new MvmError('engine.missing', `MVM_QEMU names ${path}, which is no program`, {
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
