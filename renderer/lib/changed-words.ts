/** Which of `after` were not there `before`: one change of a form touches one stretch of the line. */
export function changedWords(before: readonly string[], after: readonly string[]): boolean[] {
  let first = 0;
  while (first < Math.min(before.length, after.length) && before[first] === after[first]) first++;
  let last = after.length;
  for (let old = before.length; last > first && old > first && before[old - 1] === after[last - 1]; old--) last--;
  return after.map((_, index) => index >= first && index < last);
}
