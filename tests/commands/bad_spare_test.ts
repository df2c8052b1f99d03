/** Spares of which it cannot be told what they hold. Whoever owns the package's folder may have written that. */
import { formatTree, hashTree, packTree } from "../../src/archive/tree/tree.ts";
import { readSpare } from "../../src/machine/delta/spare.ts";
import { assertEquals } from "../assert.ts";
import { DeltaFleet } from "./delta_fleet.ts";
import { requireSame, site, withSpare } from "./delta_site.ts";

const NOT_KNOWN = "It is not known what the spare holds";

/** What is done to the text. */
const BAD: Readonly<Record<string, (text: string) => string>> = {
  "empty": () => "",
  "cut off": (text) => text.slice(0, -3),
  "cut off after a line": (text) => text.slice(0, text.lastIndexOf("\n", text.length - 2) + 1),
  "of a later version": (text) => text.replace("ftl-tree 1", "ftl-tree 2"),
  "with an entry of a kind that nobody knows": (text) => text.replace("\nf ", "\nx "),
  "with a path that leads elsewhere": (text) => text.replace(/"v"\n$/, '"../v"\n'),
  "out of order": (text) => text.replace(/^(ftl-tree 1\n)([^\n]*\n)([^\n]*\n)/, "$1$3$2"),
  "with a mode that is none": (text) => text.replace("\nd ", "\nd 9"),
};

/** Writes the spare's tree anew, so that all that is kept of it says that it is this one. */
function rewriteTree(fleet: DeltaFleet, change: (text: string) => string): void {
  const spare = readSpare(fleet.pkg("web"));
  const tree = fleet.spooled.find(({ revision }) => revision.id === spare?.id)?.tree;
  if (spare === undefined || tree === undefined) throw new Error("no spare");
  const text = new TextDecoder().decode(formatTree(tree));
  const changed = new TextEncoder().encode(change(text));
  assertEquals(change(text) === text, false);
  Deno.writeFileSync(spare.records.tree, packTree(changed));
  const path = `${spare.path}.json`;
  const state = JSON.parse(Deno.readTextFileSync(path));
  Deno.writeTextFileSync(path, JSON.stringify({ ...state, tree: hashTree(changed) }));
}

Deno.test("a spare whose tree is bad is of no use: the revision comes whole, and it is told why", async (t) => {
  using fleet = new DeltaFleet();
  let next = await withSpare(fleet);
  for (const [i, [what, change]] of Object.entries(BAD).entries()) {
    await t.step(what, async () => {
      rewriteTree(fleet, change);
      const [fetched] = await fleet.sync("web");
      assertEquals([fetched?.how, fetched?.fallback], ["whole", NOT_KNOWN]);
      // The revision that is removed for it is the next spare.
      next = await fleet.release(...site(5 + i));
    });
  }
  assertEquals((await requireSame(fleet, next))?.how, "spare");
});

Deno.test("with FTL_DELTA=always it comes by a delta of another revision then", async () => {
  using fleet = new DeltaFleet();
  const next = await withSpare(fleet, { FTL_DELTA: "always" });
  rewriteTree(fleet, (text) => text.replace("\nf ", "\nx "));
  const fetched = await requireSame(fleet, next, { FTL_DELTA: "always" });
  assertEquals([fetched?.how, fetched?.fallback], ["delta", undefined]);
});

Deno.test("a spare whose kept tree is damaged has the one that S3 has", async () => {
  using fleet = new DeltaFleet();
  const next = await withSpare(fleet);
  const spare = readSpare(fleet.pkg("web"));
  Deno.writeTextFileSync(spare?.records.tree ?? "", "nonsense");
  assertEquals((await requireSame(fleet, next))?.how, "spare");
});
