/** Where the parts that the set-up built lie. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MvmError } from '../contract/errors.ts';
import type { Artifacts } from '../paths.ts';

/** `MVM_ARTIFACTS` names the list, else it lies beside the bundle; parts that were not built are absent. */
export function findArtifacts(env: NodeJS.ProcessEnv): Partial<Artifacts> {
  const list = env.MVM_ARTIFACTS ?? besideBundle();
  if (!list || !existsSync(list)) return {};
  const found = Object.entries(JSON.parse(readFileSync(list, 'utf8')) as Record<string, unknown>);
  // A packaged mvm's list names them as they are seen from the list.
  const paths = found.flatMap(([name, path]) =>
    typeof path === 'string' ? [[name, resolve(dirname(list), path)]] : [],
  );
  return Object.fromEntries(paths.filter(([, path = '']) => existsSync(path)));
}

function besideBundle(): string | null {
  const places = ['./artifacts.json', '../../.build/artifacts.json'];
  return places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((path) => existsSync(path)) ?? null;
}

/** @throws MvmError `artifact.missing` */
export function needArtifact(artifacts: Partial<Artifacts>, name: keyof Artifacts): string {
  const path = artifacts[name];
  if (path) return path;
  throw new MvmError('artifact.missing', `a part of mvm was not built: ${DESCRIPTIONS[name]}`, {
    hint: 'In a checkout, ./mvm --set-up-only builds it or says what it needs.',
  });
}

const DESCRIPTIONS: Record<keyof Artifacts, string> = {
  kernel: 'the guest kernel',
  initramfs: 'the guest agent',
  emptyDisk: 'the empty disk of kept machines',
  scratchDisk: 'the empty disk of ephemeral machines',
  baseImage: 'the base image',
  engine: "mvm's own engine",
};
