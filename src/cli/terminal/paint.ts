/** Colors and widths of text on a terminal. */
import * as untypedColors from "npm:deno-std@1.4.0/fmt/colors.js";
import { eastAsianWidth } from "npm:get-east-asian-width@1.7.0";

/** Adds escape sequences to a text. Without colors, returns the text unchanged. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly bad: (text: string) => string;
}

// npm:deno-std has no types, so the value is cast at once.
const colors = untypedColors as unknown as Record<
  "bold" | "dim" | "green" | "yellow" | "red",
  (text: string) => string
>;

const PLAIN: Paint = {
  bold: (text) => text,
  dim: (text) => text,
  good: (text) => text,
  warning: (text) => text,
  bad: (text) => text,
};

const COLORED: Paint = {
  bold: colors.bold,
  dim: colors.dim,
  good: colors.green,
  warning: colors.yellow,
  bad: colors.red,
};

export function paintFor({ color }: { color: boolean }): Paint {
  return color ? COLORED : PLAIN;
}

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
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || widthOf(last) + 1 + widthOf(word) > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
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
