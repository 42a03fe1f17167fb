/** The first dotted number in a text: `10.0.2` of `QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)`. */
export function versionIn(text: string): string | null {
  return text.match(/\d+(\.\d+)+/)?.[0] ?? null;
}

export function atLeast(version: string, least: string): boolean {
  const [has, wanted] = [numbers(version), numbers(least)];
  const first = wanted.findIndex((number, index) => number !== (has[index] ?? 0));
  return first === -1 || (has[first] ?? 0) > (wanted[first] ?? 0);
}

const numbers = (version: string): number[] => version.split('.').map(Number);
