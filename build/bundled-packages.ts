/** The packages of npm that a bundle holds: their licences travel with it. */
import type { Metafile } from 'esbuild';

export function packagesIn(metafiles: (Metafile | undefined)[]): string[] {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile?.inputs ?? {}));
  return [...new Set(inputs.flatMap((path) => packageOf(path) ?? []))].toSorted();
}

/** The innermost, as npm nests them: `node_modules/a/node_modules/@b/c/index.js` is of `a/node_modules/@b/c`. */
function packageOf(path: string): string | null {
  return /^node_modules\/((?:(?:@[^/]+\/)?[^/]+\/node_modules\/)*(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? null;
}
