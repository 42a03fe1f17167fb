/** Reads a command's usage, `[ls | import PATH [NAME] | rm IMAGE...]`, as what may stand in each place. */

/** What may come after these words: placeholders in capitals, or literal words. */
export function expected(usage: string, words: readonly string[]): string[] {
  const places = alternatives(usage).flatMap((tokens) => nextPlace(tokens, words) ?? []);
  return [...new Set(places.flatMap((place) => place.split('|')))];
}

/** Ways to use the command are divided by a bar between blanks, choices for one place by a bar without. */
const alternatives = (usage: string): string[][] =>
  usage
    .split(' | ')
    .map((way) => way.split(' ').map((token) => token.replaceAll(/[[\]]/g, '')))
    .map((tokens) => tokens.filter((token) => token !== ''));

/** Null when the words went another way, or nothing more is taken. */
function nextPlace(tokens: string[], words: readonly string[]): string | null {
  for (const [index, word] of words.entries()) {
    const token = tokens[index];
    if (token && isLiteral(token) && token !== word) return null;
  }
  const last = tokens.at(-1);
  const token = tokens[words.length] ?? (last?.endsWith('...') ? last : undefined);
  return token?.replace(/\.\.\.$/, '') ?? null;
}

export const isLiteral = (place: string): boolean => /^[a-z]/.test(place);
