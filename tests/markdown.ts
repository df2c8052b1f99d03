/** Markdown as GitHub reads it. */
import GithubSlugger from "github-slugger";
import { lexer, type Token, type Tokens, walkTokens } from "marked";

/** The parts of these types in their order, with those that lie in others. */
function partsOf<T extends Token>(markdown: string | Token[], ...types: T["type"][]): T[] {
  const parts: T[] = [];
  walkTokens(typeof markdown === "string" ? lexer(markdown) : markdown, (part) => {
    if (types.includes(part.type)) parts.push(part as T);
  });
  return parts;
}

/** The targets of all links and pictures. */
export function linksOf(markdown: string): string[] {
  return partsOf<Tokens.Link | Tokens.Image>(markdown, "link", "image").map(({ href }) => href);
}

/** What each heading is called in a link. */
export function anchorsOf(markdown: string): string[] {
  const slugger = new GithubSlugger();
  return partsOf<Tokens.Heading>(markdown, "heading").map(({ tokens }) => {
    const words = partsOf<Tokens.Text | Tokens.Codespan | Tokens.Escape>(
      tokens,
      ...["text", "codespan", "escape"] as const,
    );
    return slugger.slug(words.map(({ text }) => text).join(""));
  });
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
