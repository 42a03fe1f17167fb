/** `mvm` on PATH, and off again: a link to the command that came with the app, never in the place of something else. */
import { accessSync, constants, existsSync, lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { MvmError } from '../vmm/contract/errors.ts';

export interface CommandLink {
  get(): boolean;
  /** @throws MvmError `command-line.*` with the way out */
  set(on: boolean): Promise<void>;
}

/** Where the link may lie, the best first: on macOS shells look into no folder of the user's own. */
export function linkPlaces(platform: NodeJS.Platform, home: string): string[] {
  const own = join(home, '.local', 'bin', 'mvm');
  return platform === 'darwin' ? ['/usr/local/bin/mvm', own] : [own];
}

export function commandLink(places: string[], command: string, env: NodeJS.ProcessEnv): CommandLink {
  const ours = (): string | undefined => places.find((place) => leadsTo(place, command));
  return {
    get: () => ours() !== undefined,
    async set(on) {
      if (!on) {
        for (const place of places) if (leadsTo(place, command)) rmSync(place);
        return;
      }
      if (ours()) return;
      const place = places.find(isWritable) ?? fail(places, command);
      clear(place);
      symlinkSync(command, place);
      if (!isOnPath(dirname(place), env)) throw notOnPath(place);
    },
  };
}

function leadsTo(place: string, command: string): boolean {
  return isLink(place) && readlinkSync(place) === command;
}

const isLink = (place: string): boolean => lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;

/** The nearest folder there is decides. */
function isWritable(place: string): boolean {
  let folder = dirname(place);
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    // Read-only for this user: the next place may serve.
    return false;
  }
}

/** A link of an mvm that was moved or removed gives way; anything else is somebody's. */
function clear(place: string): void {
  mkdirSync(dirname(place), { recursive: true });
  const found = lstatSync(place, { throwIfNoEntry: false });
  if (!found) return;
  const isLeftOver = isLink(place) && /[/\\]mvm(\.cmd)?$/.test(readlinkSync(place)) && !existsSync(place);
  if (isLeftOver) rmSync(place);
  else
    throw new MvmError('command-line.taken', `${place} is something else already`, {
      hint: `Remove it first, if it is not needed: rm ${place}`,
    });
}

function fail(places: string[], command: string): never {
  throw new MvmError('command-line.read-only', `you may not write to ${places.map(dirname).join(' or ')}`, {
    hint: `In a terminal: sudo ln -s '${command}' ${places[0]}`,
  });
}

const isOnPath = (folder: string, env: NodeJS.ProcessEnv): boolean =>
  (env.PATH ?? '').split(delimiter).some((each) => each === folder);

/** The link stands; what lacks is the shell's. */
const notOnPath = (place: string): MvmError =>
  new MvmError('command-line.not-on-path', `${place} is there, but ${dirname(place)} is not on PATH yet`, {
    hint: `Add it in your shell's profile: export PATH="${dirname(place)}:$PATH"`,
  });
