/** Names of what lies in a home whose service does not run, read from its files: what is damaged is not offered. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../../contract/types.ts';
import { homePaths, machinePaths } from '../../paths.ts';

type Named = Pick<Machine, 'id' | 'name' | 'state'> & { spec: Pick<Machine['spec'], 'image'> };

export function machinesAtRest(home: string): Named[] {
  const paths = homePaths(home);
  return orNone(() => readdirSync(paths.machines)).flatMap((id) =>
    orNone(() => {
      const { machine } = readJson(machinePaths(paths, id).record) as { machine: Named };
      return typeof machine.name === 'string' && typeof machine.state.name === 'string' ? [machine] : [];
    }),
  );
}

export function imagesAtRest(home: string): string[] {
  return orNone(() => {
    const { manifests } = readJson(join(homePaths(home).layout, 'index.json')) as { manifests: Entry[] };
    return manifests.map(({ annotations, digest }) => annotations?.['org.opencontainers.image.ref.name'] ?? digest);
  });
}

interface Entry {
  digest: string;
  annotations?: Record<string, string>;
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

function orNone<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch {
    // Not there, or not as it was written: there is nothing to offer, and the service tells when it is used.
    return [];
  }
}
