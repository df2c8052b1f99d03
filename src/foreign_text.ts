/**
 * Makes foreign text safe for a terminal or a log: key names, S3's error messages, notes, output of
 * scripts. Code that prints such text calls these functions.
 */

/**
 * Characters that control a terminal, or that a reader does not see: control characters of both
 * sets, marks that change the direction of writing (https://www.unicode.org/reports/tr9/), line
 * separators, characters without a width, tags, half surrogates. Joiners are not among them,
 * because several writing systems need them.
 */
const UNSAFE = new RegExp(
  "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e" +
    "\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}\\ud800-\\udfff]",
  "gu",
);

/** The text on one line, with unsafe characters as `\x1b`, `\u202e` or `\u{e0041}`. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, (char) => {
    const hex = (char.codePointAt(0) ?? 0).toString(16);
    if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
    return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
  });
}

/** The same JSON with unsafe characters escaped: JSON itself allows most of them unescaped. */
export function escapeJson(json: string): string {
  return json.replace(UNSAFE, (char) => {
    if (char === "\n") return char;
    return Array.from({ length: char.length }, (_, i) => {
      return `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`;
    }).join("");
  });
}

/** In characters. More text does not help a reader. */
const LONGEST = 4000;

/** A text of several lines as one line, cut at a length that a reader can still read. */
export function oneLine(text: string): string {
  const line = text.trim().replace(/\s*[\r\n]\s*/g, " ");
  return escapeControls(line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line);
}

/**
 * Text that is safe to print: in quotes, with control characters escaped, cut at 200 characters.
 */
export function quote(text: string): string {
  return `'${escapeControls(text.length > 200 ? `${text.slice(0, 200)}...` : text)}'`;
}

/** Characters that mean only themselves in every shell, unit and environment file. */
export const PLAIN_WORD = /^[A-Za-z0-9_@+=:,.\/-]+$/;

/** One word of a POSIX shell. */
export function shellWord(text: string): string {
  return PLAIN_WORD.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
