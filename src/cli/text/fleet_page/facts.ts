/** A short list of facts, each with its name. */
import { type Markup, markup } from "./markup.ts";

export type Fact = readonly [name: string, value: Markup];

export function facts(known: readonly Fact[]): Markup {
  const pairs = known.map(([name, value]) => markup`<dt>${name}<dd>${value}\n`);
  return markup`<dl class=facts>\n${pairs}</dl>\n`;
}
