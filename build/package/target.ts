/** What is packaged for: a system and a processor, in Node's words. */
import { MvmError } from '../../vmm/contract/errors.ts';

export interface Target {
  platform: 'linux' | 'darwin' | 'win32';
  architecture: 'x64' | 'arm64';
}

const PLATFORMS: Record<string, Target['platform']> = { linux: 'linux', mac: 'darwin', windows: 'win32' };

/** `linux`, `mac` or `windows`, and `x64` or `arm64`. */
export function targetNamed(platform: string, architecture: string): Target {
  const known = PLATFORMS[platform];
  if (known && (architecture === 'x64' || architecture === 'arm64')) return { platform: known, architecture };
  throw new MvmError('usage', `there is no package for ${platform} ${architecture}`, {
    hint: 'Systems are linux, mac and windows, processors x64 and arm64.',
  });
}
