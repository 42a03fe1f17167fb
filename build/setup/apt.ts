/** Installs Debian packages as root; anyone else is told the lines for root. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { MvmError } from '../../vmm/contract/errors.ts';
import { backportsSource, type SourceFile } from './backports.ts';
import type { Package } from './packages.ts';

export async function install(wanted: Package[], say: (text: string) => void): Promise<void> {
  if (!existsSync('/usr/bin/apt-get')) throw withoutApt(wanted);
  const plan = planInstall(wanted, releaseName(), readSources());
  if (process.getuid?.() !== 0) {
    throw new MvmError('packages.missing', `not installed: ${names(wanted).join(' ')}`, {
      hint: ['as root, run:', ...asLines(plan)].join('\n  '),
    });
  }
  if (plan.source) writeFileSync(join('/etc/apt/sources.list.d', plan.source.name), plan.source.text);
  await aptGet(['update'], () => say('reads the package lists'));
  await aptGet(plan.install, say);
}

export interface Plan {
  /** a file to write to /etc/apt/sources.list.d first */
  source: SourceFile | null;
  /** arguments of apt-get */
  install: string[];
}

/**
 * Backports, where used, are the target of everything: QEMU brings some libraries from there (libelf1), and their
 * headers must be of the same version.
 */
export function planInstall(wanted: Package[], release: string, sources: SourceFile[]): Plan {
  const isNeeded = wanted.some(({ backportsOf }) => backportsOf === release);
  const source = release === 'bookworm' ? backportsSource(sources, release) : null;
  const target = isNeeded || source === 'already there' ? ['-t', `${release}-backports`] : [];
  return {
    source: isNeeded && source !== 'already there' ? source : null,
    install: ['install', '-y', '--no-install-recommends', ...target, ...names(wanted)],
  };
}

const names = (wanted: Package[]): string[] => wanted.map(({ name }) => name);

export function asLines({ source, install }: Plan): string[] {
  const write = (file: SourceFile) =>
    `printf '%s\\n' ${file.text.trimEnd().split('\n').map(quoted).join(' ')} > /etc/apt/sources.list.d/${file.name}`;
  return [...(source ? [write(source)] : []), 'apt-get update', `apt-get ${install.join(' ')}`];
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function withoutApt(wanted: Package[]): MvmError {
  const brew = process.platform === 'darwin' && wanted.some(({ name }) => name === 'qemu-system-x86');
  return new MvmError('packages.missing', `not installed (as Debian names them): ${names(wanted).join(' ')}`, {
    hint: brew ? 'run: brew install qemu' : "install them with this system's package manager, then call this again",
  });
}

/** `bookworm`, of the Debian release that this is or is derived from. */
export function releaseName(): string {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return (text.match(/^DEBIAN_CODENAME="?(\w+)/m) ?? text.match(/^VERSION_CODENAME="?(\w+)/m))?.[1] ?? '';
}

export function readSources(): SourceFile[] {
  const folder = '/etc/apt/sources.list.d';
  const parts = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  return ['/etc/apt/sources.list', ...parts.filter((path) => /\.(list|sources)$/.test(path))]
    .filter((path) => existsSync(path))
    .map((path) => ({ name: path, text: readFileSync(path, 'utf8') }));
}

/** Waits for another apt to finish: for dpkg's lock by apt's own option, which does not cover the lists' lock. */
export async function aptGet(argv: string[], say: (text: string) => void, cwd?: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { code, output } = await runApt(argv, say, cwd);
    if (code === 0) return;
    if (attempt === 60 || !output.includes('/var/lib/apt/lists/lock')) throw aptFailed(argv, output);
    say('waits for another apt-get');
    await setTimeout(2000);
  }
}

/** Progress comes on descriptor 3: `dlstatus:1:23.5:…` while it downloads, `pmstatus:gcc:40.1:…` while it installs. */
async function runApt(
  argv: string[],
  say: (text: string) => void,
  cwd?: string,
): Promise<{ code: number; output: string }> {
  const options = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'APT::Status-Fd=3', '-o', 'Dpkg::Use-Pty=0'];
  const apt = spawn('apt-get', [...options, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    cwd,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
  });
  let output = '';
  for (const stream of [apt.stdout, apt.stderr]) stream?.on('data', (chunk) => (output += chunk));
  createInterface({ input: apt.stdio[3] as NodeJS.ReadableStream }).on('line', (line) => {
    const [kind, , percent = ''] = line.split(':');
    const act = kind === 'dlstatus' ? 'downloads' : 'installs';
    if (kind === 'dlstatus' || kind === 'pmstatus') say(`${act} ${Number.parseInt(percent, 10)} %`);
  });
  const [code] = await once(apt, 'close');
  return { code, output };
}

function aptFailed(argv: string[], output: string): MvmError {
  const lines = output.trimEnd().split('\n');
  const complaints = lines.filter((line) => /^(E|Err|W|dpkg)\b|Depends:/.test(line));
  return new MvmError('packages.failed', `apt-get ${argv.join(' ')} failed`, {
    hint: (complaints.length > 0 ? complaints : lines).slice(-12).join('\n'),
  });
}
