/** Words of half a command line, as a POSIX shell divides it. */

/** The last one is under the cursor: empty after a blank, and without its end in an open quote. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  const piece = /\s+|'([^']*)(?:'|$)|"((?:[^"\\]|\\[\s\S])*)(?:"|$)|\\([\s\S]|$)|[^\s'"\\]+/g;
  let word = '';
  let begun = false;
  for (const [all, single, double, escaped] of line.matchAll(piece)) {
    if (/^\s/.test(all)) {
      if (begun) words.push(word);
      word = '';
      begun = false;
      continue;
    }
    word += single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? all;
    begun = true;
  }
  return [...words, word];
}

/** bash replaces what stands behind the last of its breaks in the word, not the word: the rest is cut from a candidate. */
export function cutAtBreaks(current: string, breaks: string): (candidate: string) => string {
  const last = Math.max(-1, ...[...breaks].map((each) => current.lastIndexOf(each)));
  return (candidate) => candidate.slice(last + 1);
}
