/** What can be said of the host's KVM without starting anything. */
import { accessSync, constants, statSync } from 'node:fs';

export interface KvmDevice {
  /** why it cannot be used, null when a guest may try */
  obstacle: string | null;
  /** changes when the device or our right to it does */
  identity: string;
}

export function examineKvm(path = '/dev/kvm', platform: NodeJS.Platform = process.platform): KvmDevice {
  if (platform !== 'linux') return { obstacle: 'KVM is there on Linux hosts only', identity: 'none' };
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) {
    return { obstacle: `there is no ${path}: the host's processor or its settings do not offer it`, identity: 'none' };
  }
  const { ino, mode } = found;
  const denied = denial(path);
  return { obstacle: denied && `${path}: ${denied}`, identity: `${ino} ${mode.toString(8)} ${denied ?? 'granted'}` };
}

function denial(path: string): string | null {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'EACCES' ? 'permission denied — add yourself to the group kvm and log in again' : message;
  }
}
