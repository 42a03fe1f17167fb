/** What a window has to show, in pictures and to axe: machines that run, that ended, and one that failed. */
import { brokenGuest } from '../broken-guest.ts';

/** `hello from` is what the views wait for. */
const SAYS_HELLO = 'echo hello from $(hostname); while sleep 5; do echo "$(date +%T) served a request"; done';

export interface Place {
  /** what the service starts with */
  readonly env: NodeJS.ProcessEnv;
  mvm(words: string[]): Promise<unknown>;
  /** resolves when it is gone; the next command starts another */
  endService(): Promise<unknown>;
}

export async function populate({ env, mvm, endService }: Place): Promise<void> {
  await mvm(['ps']);
  await endService();
  env.MVM_ARTIFACTS = brokenGuest('echo about to die; exit 1');
  await mvm(['run', '-d', '--name', 'broken', 'linux', 'true']);
  await endService();
  delete env.MVM_ARTIFACTS;
  await mvm(['run', '-d', '--name', 'nightly', 'linux', 'sh', '-c', 'exit 3']);
  await mvm(['run', '-d', '--name', 'db', '-m', '256m', 'linux', 'sleep', '3600']);
  await mvm(['run', '-d', '--name', 'web', '-p', '8080', '-l', 'tier=front', 'linux', 'sh', '-c', SAYS_HELLO]);
}
