/** Builds the guest's agent, a static Go program, and the initramfs in which a Linux guest finds it. */
import { globSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { linuxInitramfs } from '../../images/systems/linux/initramfs.ts';
import { cached, sha256 } from '../cached.ts';
import { run } from '../run.ts';

/** Debian packages without which the agent cannot be built. */
export const agentPackages = ['golang-go'] as const;

export interface BuildOptions {
  cache: string;
  log: (text: string) => void;
}

export async function buildAgent({
  cache,
  log,
}: BuildOptions): Promise<{ agent: string; initramfs: string; digest: string }> {
  const { folder, digest } = await cached({
    cache,
    name: 'agent-linux-amd64',
    inputs: await inputs(),
    build: async ({ result, work }) => {
      log('compiling');
      const agent = join(result, 'agent');
      await run(['go', 'build', ...flags, '-o', agent, '.'], { cwd: source, env: { ...environment, HOME: work } });
      await writeFile(join(result, 'initramfs.cpio'), linuxInitramfs(readFileSync(agent)));
    },
  });
  return { agent: join(folder, 'agent'), initramfs: join(folder, 'initramfs.cpio'), digest };
}

const source = join(import.meta.dirname, '../../images/agent');

/** No symbols, paths or ids of this build: the same source gives the same bytes everywhere. */
const flags = ['-trimpath', '-buildvcs=false', '-ldflags=-s -w -buildid='];

/** Nothing from the network: the agent uses Go's standard library only. */
const environment = {
  CGO_ENABLED: '0',
  GOOS: 'linux',
  GOARCH: 'amd64',
  GOTOOLCHAIN: 'local',
  GOPROXY: 'off',
  GOFLAGS: '-mod=mod',
};

async function inputs(): Promise<Record<string, string>> {
  const files = globSync(['**/*.go', 'go.mod'], { cwd: source, exclude: (name) => name.endsWith('_test.go') }).sort();
  return {
    source: sha256(files.map((name) => `${name}\0${sha256(readFileSync(join(source, name)))}\n`).join('')),
    recipe: sha256(readFileSync(import.meta.filename)),
    initramfs: sha256(readFileSync(join(import.meta.dirname, '../../images/systems/linux/initramfs.ts'))),
    compiler: await run(['go', 'version'], { env: { GOTOOLCHAIN: 'local' } }),
  };
}
