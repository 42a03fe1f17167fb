/** The words of a command line, as a POSIX shell would split them: quotes and backslashes count, nothing is expanded. */
export function splitWords(text: string): { words: string[]; open: boolean } {
  const words: string[] = [];
  let word: string | null = null;
  let quote: "'" | '"' | null = null;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    const next = text.charAt(index + 1);
    if (quote === "'" ? character === "'" : quote === '"' && character === '"') quote = null;
    else if (quote === "'") word += character;
    else if (character === '\\' && (quote === null ? next !== '' : '"\\$`'.includes(next) && next !== '')) {
      word = (word ?? '') + next;
      index++;
    } else if (quote === '"') word += character;
    else if (character === "'" || character === '"') {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + character;
  }
  if (word !== null) words.push(word);
  return { words, open: quote !== null };
}
