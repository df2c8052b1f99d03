/** HTML as a parser of the standard reads it. */
import { type DefaultTreeAdapterTypes as Tree, parse } from "parse5";

export type Element = Tree.Element;

export interface ParsedHtml {
  readonly root: Tree.Document;
  /** The codes of what the standard calls parse errors. */
  readonly errors: readonly string[];
}

export function parseHtml(html: string): ParsedHtml {
  const errors: string[] = [];
  const root = parse(html, { onParseError: ({ code }) => errors.push(code) });
  return { root, errors };
}

/** All elements in their order. */
export function* elements(node: Tree.Node): Generator<Tree.Element> {
  if ("tagName" in node) yield node;
  for (const child of "childNodes" in node ? node.childNodes : []) yield* elements(child);
}

/** The elements with one of these names, in their order. */
export function named(root: Tree.Node, ...names: string[]): Tree.Element[] {
  return [...elements(root)].filter(({ tagName }) => names.includes(tagName));
}

/** The text of an element; `ownOnly` leaves out what its children have. */
export function textOf(node: Tree.Node, { ownOnly = false } = {}): string {
  if ("value" in node) return node.value;
  const children = "childNodes" in node ? node.childNodes : [];
  return children.filter((child) => !ownOnly || "value" in child)
    .map((child) => textOf(child)).join("");
}
