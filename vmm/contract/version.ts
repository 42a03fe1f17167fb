declare const __MVM_VERSION__: string | undefined;

/** From package.json, put in when the program is bundled. */
export const VERSION: string = typeof __MVM_VERSION__ === 'string' ? __MVM_VERSION__ : 'from source';

interface Build {
  /** the service's program */
  entry: string;
  /** when that file was written, Unix ms */
  builtAt: number;
}

/** Of two versions by their numbers; of one version, of the same program built again. Two copies of one are equals. */
export function isOlder(running: Build & { version: string }, mine: Build, version: string = VERSION): boolean {
  const order = compareVersions(running.version, version);
  if (order !== 0) return order < 0;
  return running.entry === mine.entry && running.builtAt < mine.builtAt;
}

/** Negative when `a` comes first. What runs from source bears no number, and is as old as anything. */
export function compareVersions(a: string, b: string): number {
  if (!/^\d/.test(a) || !/^\d/.test(b)) return 0;
  const [as, bs] = [a, b].map((text) => text.split(/[.+-]/).map((part) => Number.parseInt(part, 10) || 0)) as [
    number[],
    number[],
  ];
  for (let index = 0; index < Math.max(as.length, bs.length); index++) {
    const difference = (as[index] ?? 0) - (bs[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
