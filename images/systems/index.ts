import { MvmError } from '../../vmm/contract/errors.ts';
import { type LinuxAccelerator, linuxCommandLine } from './linux/command-line.ts';
import { freeSlots, linuxDevices, type SystemDevice } from './linux/devices.ts';

/** What boots under an image, apart from the files that set-up builds: the same for every machine of its platform. */
export interface System {
  /** `os/architecture`, as image indexes write it */
  platform: string;
  devices: readonly SystemDevice[];
  /** device slots for folders and volumes */
  freeSlots: readonly number[];
  commandLine(accelerator: LinuxAccelerator): string;
}

const linuxAmd64: System = {
  platform: 'linux/amd64',
  devices: linuxDevices,
  freeSlots,
  commandLine: linuxCommandLine,
};

export const systems: readonly System[] = [linuxAmd64];

export function systemFor(platform: string): System {
  const found = systems.find((system) => system.platform === platform);
  if (found) return found;
  throw new MvmError('system.unsupported', `mvm has no system for images of ${platform} yet`, {
    hint: `It runs ${systems.map((system) => system.platform).join(', ')}.`,
    details: { platform },
  });
}
