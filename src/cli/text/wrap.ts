/** Breaks text into lines. */

/**
 * The text in lines of at most `width` columns, broken at spaces. A longer word stays whole.
 *
 * @param widthOf the columns of a text
 */
export function wrapBy(
  text: string,
  width: number,
  widthOf: (text: string) => number,
): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || widthOf(last) + 1 + widthOf(word) > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** The same for a text that only has ASCII, as all words of the help do. */
export function wrapAscii(text: string, width: number): string[] {
  return wrapBy(text, width, ({ length }) => length);
}
