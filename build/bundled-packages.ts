/** The packages of npm that a bundle holds: their licences travel with it. */

/** @param inputs paths of the files that went into it, from the project's folder */
export function packagesIn(inputs: string[]): string[] {
  return [...new Set(inputs.flatMap((path) => packageOf(path) ?? []))].toSorted();
}

/** The innermost, as npm nests them: `node_modules/a/node_modules/@b/c/index.js` is of `a/node_modules/@b/c`. */
function packageOf(path: string): string | null {
  return /^node_modules\/((?:(?:@[^/]+\/)?[^/]+\/node_modules\/)*(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? null;
}
