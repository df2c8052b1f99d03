/** Writes Markdown in the layout of `deno fmt`. */
import { wrapTo } from "../../src/cli/terminal/width.ts";

/** Characters in a line. Only tables and code are wider. */
const WIDTH = 100;

/** Escapes a text that was not written as Markdown. */
export function plain(text: string): string {
  return text.replace(/[<*]/g, "\\$&");
}

export function code(text: string): string {
  return `\`${text}\``;
}

export function heading(level: number, text: string): string {
  return `${"#".repeat(level)} ${text}`;
}

export function paragraph(text: string, width = WIDTH): string {
  return wrapTo(text, width).join("\n");
}

export function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${paragraph(item, WIDTH - 2).replaceAll("\n", "\n  ")}`).join("\n");
}

export function codeBlock(language: string, lines: readonly string[]): string {
  return ["```" + language, ...lines, "```"].join("\n");
}

export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const all = [headings, ...cells];
  const widths = headings.map((_, i) => Math.max(3, ...all.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(headings), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)]
    .join("\n");
}

/** Joins blocks with an empty line between them. Empty blocks are left out. */
export function page(blocks: readonly string[]): string {
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}
