/** How much of a terminal's line a text takes, in cells. */

/** East Asian Width W and F (UAX #11); what is shown as an emoji by itself is wide as well. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** Drawn over what stands before; the soft hyphen, a format character too, is drawn by itself. */
const MARK = /[\p{Mn}\p{Me}\u1160-\u11ff]|(?!\u00ad)\p{Cf}/u;
/** Asks for the coloured, wide form of what stands before. */
const EMOJI_FORM = '\ufe0f';

export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { cells } of characters(text)) width += cells;
  return width;
}

/** The text within so many cells; one that was cut says so with its last. */
export function clip(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let room = width - 1;
  for (const { character, cells } of characters(text)) {
    room -= cells;
    if (room < 0) break;
    kept += character;
  }
  return width > 0 ? `${kept}…` : '';
}

function* characters(text: string): Generator<{ character: string; cells: number }> {
  let before = 0;
  for (const character of text) {
    const cells =
      character === EMOJI_FORM && before === 1 ? 1 : MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
    if (cells > 0) before = cells;
    yield { character, cells };
  }
}
