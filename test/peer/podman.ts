/** podman with a storage of its own: the peer whose answers and times ours are compared with. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';

/** Runs a command, to reject with an MvmError (`said` in its details) when it fails. */
type Run = (argv: readonly string[]) => Promise<unknown>;

/** podman's command line up to its command. */
export const podmanIn = (storage: string): readonly string[] => [
  ...['podman', '--root', storage, '--runroot', `${storage}-run`, '--storage-driver', 'overlay'],
  ...['--runtime', 'runc'],
];

/** What lets podman run here and takes nothing from the comparison. */
export const LIMITS: readonly string[] = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1000:1000'];

/** Pulls images into a storage and tries one command. A podman that cannot do this is no failure of ours. */
export async function whyNoPodman(
  run: Run,
  podman: readonly string[],
  images: readonly string[],
  trial: readonly string[],
): Promise<string | null> {
  try {
    for (const image of images) await run([...podman, 'pull', '--quiet', image]);
    await run([...podman, ...trial]);
    return null;
  } catch (error) {
    return error instanceof MvmError ? String(error.details?.said) : (error as Error).message;
  }
}

/** podman leaves its storage mounted on itself, once a start of podman, or owned by ids of a user namespace. */
export function freePodman(storage: string): void {
  const mounted = () => readFileSync('/proc/self/mounts', 'utf8').includes(` ${join(storage, 'overlay')} `);
  while (mounted()) spawnSync('umount', [join(storage, 'overlay')]);
  const asRoot = process.getuid?.() === 0;
  if (!asRoot && existsSync(storage)) spawnSync('podman', ['unshare', 'rm', '-rf', storage]);
}

/** Runs to the end whatever the code, with its output. */
export function answerOf(
  argv: readonly string[],
  input: string,
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const [command = '', ...words] = argv;
  const child = spawn(command, words, { env, stdio: 'pipe' });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  // A program that ends before it read all its input closes the pipe; that is its right.
  child.stdin.on('error', () => child.stdin.destroy());
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...said }));
  });
}
