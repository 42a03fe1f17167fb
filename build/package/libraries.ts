/** The shared libraries that a Linux engine needs and not every Linux has: beside it, where it looks first. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';

/** The C library is the host's own: a copy of another one does not fit its loader. */
const HOSTS_OWN = /^(linux-vdso|ld-linux|lib(c|m|dl|rt|pthread|resolv|util)\.so)/;

export function copyLibraries(engine: string): void {
  const programs = globSync(join(engine, 'qemu-system-*'));
  const libraries = join(engine, 'lib');
  mkdirSync(libraries, { recursive: true });
  for (const { name, path } of programs.flatMap(neededBy)) {
    if (HOSTS_OWN.test(name)) continue;
    copyFileSync(realpathSync(path), join(libraries, name));
    // A library finds those it needs itself beside it.
    setSearchPath(join(libraries, name), '$ORIGIN');
  }
  for (const program of programs) setSearchPath(program, '$ORIGIN/lib');
}

function neededBy(program: string): { name: string; path: string }[] {
  const said = execFileSync('ldd', [program], { encoding: 'utf8' });
  return [...said.matchAll(/^\s+(\S+) => (\/\S+)/gm)].map(([, name = '', path = '']) => ({
    name: basename(name),
    path,
  }));
}

function setSearchPath(file: string, path: string): void {
  execFileSync('patchelf', ['--set-rpath', path, file]);
}
