/**
 * HTML out of templates. Every value of a template passes `escapeText`, unless it is markup itself,
 * which only a template makes. So a text that others wrote can become no element and no attribute.
 */
import { oneLine } from "../../../foreign_text.ts";

/** A piece of HTML that needs no escaping any more. */
export class Markup {
  constructor(readonly source: string) {}
}

type Value = string | number | Markup | readonly Markup[];

/**
 * The tag of templates. Values may stand between tags, and in attributes with double quotes around
 * them.
 */
export function markup(fixed: TemplateStringsArray, ...values: readonly Value[]): Markup {
  let source = fixed[0] ?? "";
  for (const [i, value] of values.entries()) source += sourceOf(value) + (fixed[i + 1] ?? "");
  return new Markup(source);
}

export const NOTHING = new Markup("");

/** Several pieces, with another one between each two. */
export function join(parts: readonly Markup[], between: Markup): Markup {
  return new Markup(parts.map(({ source }) => source).join(between.source));
}

function sourceOf(value: Value): string {
  if (value instanceof Markup) return value.source;
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return escapeText(value);
  return value.map(({ source }) => source).join("");
}

const REFERENCES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** The text as one line of HTML: https://html.spec.whatwg.org/multipage/parsing.html */
function escapeText(text: string): string {
  return oneLine(text).replace(/[&<>"']/g, (char) => REFERENCES[char] ?? "");
}
