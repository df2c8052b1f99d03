/** Widths of text on a terminal. What only has ASCII needs no table of characters, and does not load this. */
import { eastAsianWidth } from "npm:get-east-asian-width@1.7.0";
import { wrapBy } from "../text/wrap.ts";

/**
 * Columns that a text occupies: wide characters occupy two; combining marks and color sequences occupy none.
 */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  // deno-lint-ignore no-control-regex -- colors are control sequences
  for (const char of text.replace(/\x1b\[[0-9;]*m/g, "")) {
    const takesNone = /^[\p{Mark}\p{Default_Ignorable_Code_Point}\p{Control}]$/u.test(char);
    if (!takesNone) width += eastAsianWidth(char.codePointAt(0) ?? 0);
  }
  return width;
}

/** The text, padded with spaces to a width in columns. */
export function padTo(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** The text in lines of at most `width` columns, broken at spaces. A longer word stays whole. */
export function wrapTo(text: string, width: number): string[] {
  return wrapBy(text, width, widthOf);
}

/** The beginning of a text, at most `width` columns wide. The text has no escape sequences. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let cut = "";
  let columns = 0;
  for (const char of text) {
    columns += widthOf(char);
    if (columns > width - 1) break;
    cut += char;
  }
  return `${cut}\u2026`;
}
