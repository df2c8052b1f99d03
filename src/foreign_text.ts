/**
 * Text of somebody else's making (key names, S3's error texts, notes, the output of scripts) on its way to a
 * terminal or a log: whatever prints it, prints it by these.
 */

/**
 * What a terminal obeys or a reader does not see: control characters of both sets, marks that turn the
 * direction of writing (https://www.unicode.org/reports/tr9/), separators of lines, characters without a
 * width, tags, half surrogates. Joiners stay: several scripts are not written without them.
 */
const UNSAFE = new RegExp(
  "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e" +
    "\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}\\ud800-\\udfff]",
  "gu",
);

/** On one line, and without what a terminal would obey: `\x1b`, `\u202e`, `\u{e0041}` stand for it. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, (char) => {
    const hex = (char.codePointAt(0) ?? 0).toString(16);
    if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
    return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
  });
}

/** JSON that says the same, and is safe to look at: JSON itself lets most of these characters stand. */
export function escapeJson(json: string): string {
  return json.replace(UNSAFE, (char) => {
    if (char === "\n") return char;
    return Array.from({ length: char.length }, (_, i) => {
      return `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`;
    }).join("");
  });
}

/** Characters: what is longer says nothing more to a reader. */
const LONGEST = 4000;

/** A text of several lines as one, no longer than a reader can take in. */
export function oneLine(text: string): string {
  const line = text.trim().replace(/\s*[\r\n]\s*/g, " ");
  return escapeControls(line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line);
}

/** Text as it is safe to print: in quotes, control characters escaped, cut at 200 characters. */
export function quote(text: string): string {
  return `'${escapeControls(text.length > 200 ? `${text.slice(0, 200)}...` : text)}'`;
}
