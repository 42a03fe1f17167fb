/** Guest instructions by function, most first: a plugin's profile read with the kernel's System.map. */
export function instructionsByFunction(profile: string, systemMap: string): FunctionCount[] {
  const symbols = functionsOf(systemMap);
  const counts = new Map<string, FunctionCount>();
  for (const line of profile.trimEnd().split('\n')) {
    const [address = '', untilPid1, later] = line.split(' ');
    const name = nameOf(BigInt(`0x${address}`), symbols);
    const count = counts.get(name) ?? { name, untilPid1: 0, later: 0 };
    count.untilPid1 += Number(untilPid1);
    count.later += Number(later);
    counts.set(name, count);
  }
  return [...counts.values()].sort((a, b) => b.untilPid1 - a.untilPid1);
}

export interface FunctionCount {
  name: string;
  untilPid1: number;
  later: number;
}

interface KernelSymbol {
  address: bigint;
  name: string;
}

function functionsOf(systemMap: string): KernelSymbol[] {
  return [...systemMap.matchAll(/^([0-9a-f]+) [tTwW] (\S+)$/gm)]
    .map(([, address, name]) => ({ address: BigInt(`0x${address}`), name: name ?? '' }))
    .sort((a, b) => (a.address < b.address ? -1 : Number(a.address > b.address)));
}

const kernelHalf = 1n << 63n;

/** The last symbol at or below the address. */
function nameOf(address: bigint, symbols: KernelSymbol[]): string {
  if (address < kernelHalf) return '(firmware, start code and programs)';
  let [low, high] = [0, symbols.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((symbols[middle]?.address ?? 0n) <= address) low = middle + 1;
    else high = middle;
  }
  return symbols[low - 1]?.name ?? '(below the kernel)';
}
