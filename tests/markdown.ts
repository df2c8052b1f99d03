/** Markdown as GitHub reads it. */
import GithubSlugger from "github-slugger";
import { lexer, type MarkedToken, type Token, type Tokens, walkTokens } from "marked";

/** The parts of these types in their order, with those that lie in others. */
function partsOf<T extends MarkedToken>(markdown: string, ...types: string[]): T[] {
  const parts: Token[] = [];
  walkTokens(lexer(markdown), (part) => void parts.push(part));
  return parts.filter((part): part is T => types.includes(part.type));
}

/** The targets of all links and pictures. */
export function linksOf(markdown: string): string[] {
  return partsOf<Tokens.Link | Tokens.Image>(markdown, "link", "image").map(({ href }) => href);
}

/** What each heading is called in a link. */
export function anchorsOf(markdown: string): string[] {
  const slugger = new GithubSlugger();
  return partsOf<Tokens.Heading>(markdown, "heading").map(({ text }) => slugger.slug(text));
}

/** The cells of each row of each table, its head among them. */
export function rowsOf(markdown: string): string[][] {
  return partsOf<Tokens.Table>(markdown, "table").flatMap(({ header, rows }) =>
    [header, ...rows].map((row) => row.map(({ text }) => text))
  );
}

/** The parts in code marks. What is in blocks of code is not among them. */
export function codeIn(markdown: string): string[] {
  return partsOf<Tokens.Codespan>(markdown, "codespan").map(({ text }) => text);
}

/** The blocks of code, each with the language that its fence names; empty for an indented one. */
export function blocksOf(markdown: string): { readonly language: string; readonly text: string }[] {
  return partsOf<Tokens.Code>(markdown, "code").map(({ lang = "", text }) => {
    return { language: lang, text };
  });
}
