/** The candidate that was probably meant, or null when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  let best: { candidate: string; distance: number } | null = null;
  for (const candidate of candidates) {
    const distance = editDistance(word.slice(0, 64), candidate.slice(0, 64));
    if (!best || distance < best.distance) best = { candidate, distance };
  }
  const tolerated = Math.max(1, Math.floor(word.length / 3));
  return best && best.distance <= tolerated ? best.candidate : null;
}

/** Levenshtein's, by rows; two letters that changed places are one mistake. */
function editDistance(a: string, b: string): number {
  let twoAbove: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substituted = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swapped =
        a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1] ? (twoAbove[column - 2] ?? 0) + 1 : substituted;
      current.push(Math.min(substituted, swapped, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    twoAbove = above;
    above = current;
  }
  return above[b.length] ?? 0;
}
