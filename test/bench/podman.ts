/** podman with a storage of its own that holds the base image. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';
import { needArtifact } from '../../vmm/service/artifacts.ts';
import { run } from './command.ts';
import type { Ground } from './ground.ts';

/** `use` is given podman's command line up to its command. A podman that cannot run `trial` is no failure of ours. */
export async function withPodman<T>(
  ground: Ground,
  trial: readonly string[],
  use: (podman: readonly string[]) => Promise<T>,
): Promise<T | { skipped: string }> {
  const storage = join(ground.folder, 'podman');
  const podman = ['podman', '--root', storage, '--runroot', `${storage}-run`, '--storage-driver', 'overlay'];
  try {
    const obstacle = await tryPodman(ground, podman, trial);
    return obstacle === null ? await use(podman) : { skipped: `podman: ${obstacle}` };
  } finally {
    await free(storage);
  }
}

async function tryPodman(ground: Ground, podman: readonly string[], trial: readonly string[]): Promise<string | null> {
  const image = `oci-archive:${needArtifact(ground.artifacts, 'baseImage')}`;
  try {
    await ground.run([...podman, 'pull', '--quiet', image]);
    await ground.run([...podman, ...trial]);
    return null;
  } catch (error) {
    ground.signal.throwIfAborted();
    return error instanceof MvmError ? String(error.details?.said) : (error as Error).message;
  }
}

/** podman leaves its storage mounted on itself, once a start of podman, or owned by ids of a user namespace. */
async function free(storage: string): Promise<void> {
  const mounted = () => readFileSync('/proc/self/mounts', 'utf8').includes(` ${join(storage, 'overlay')} `);
  while (mounted()) await run(['umount', join(storage, 'overlay')], {});
  const asRoot = process.getuid?.() === 0;
  if (!asRoot && existsSync(storage)) await run(['podman', 'unshare', 'rm', '-rf', storage], {});
}
