/** `mvm` on PATH on Windows: the folder of the command in the user's own part of PATH. */
import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { MvmError } from '../vmm/contract/errors.ts';
import type { CommandLink } from './cli-link.ts';

/** Runs a script that finds the folder in its environment, so that a name with quotes in it stays a name. */
export type Shell = (script: string, folder: string) => Promise<string>;

const powershell: Shell = async (script, folder) => {
  const argv = ['-NoProfile', '-NonInteractive', '-Command', script];
  const { stdout } = await promisify(execFile)('powershell.exe', argv, { env: { ...process.env, MVM_FOLDER: folder } });
  return stdout.trim();
};

/** As it is stored: what PATH has by the name of another variable stays so. */
const READ = "(Get-Item HKCU:\\Environment).GetValue('Path', '', 'DoNotExpandEnvironmentNames')";

/** Setting any variable through .NET, here one that is not there to nothing, tells running programs of the change. */
const write = (parts: string): string =>
  [
    `$rest = @(${READ} -split ';' | Where-Object { $_ -and $_ -ne $env:MVM_FOLDER })`,
    `Set-ItemProperty HKCU:\\Environment Path -Type ExpandString -Value (${parts} -join ';')`,
    "[Environment]::SetEnvironmentVariable('MVM_PATH_CHANGED', $null, 'User')",
  ].join('; ');

export async function windowsPath(command: string, shell: Shell = powershell): Promise<CommandLink> {
  const folder = dirname(command);
  let on = (await shell(READ, folder)).split(';').includes(folder);
  return {
    get: () => on,
    async set(wanted) {
      try {
        await shell(write(wanted ? '($rest + $env:MVM_FOLDER)' : '$rest'), folder);
      } catch (cause) {
        throw new MvmError('command-line.failed', 'PATH cannot be changed', {
          hint: `Add ${folder} to PATH in the system's settings.`,
          cause,
        });
      }
      on = wanted;
    },
  };
}
