import { assertEquals, assertMatch } from "../assert.ts";
import type { RevisionName } from "../../src/revision/names.ts";
import { formatTree, hashTree, packTree } from "../../src/archive/tree/tree.ts";
import { patchKey, treeKey } from "../../src/revision/keys.ts";
import { patchOf, putBytes, type Spooled, spooledOf } from "../commands/delta_fleet.ts";
import { factsOf } from "../machine/delta/independent_walk.ts";
import { Fleet, idOf } from "./fleet.ts";

/** Spools and blesses a revision, with its tree and a patch from the one before. */
async function release(fleet: Fleet, version: number, before?: Spooled): Promise<Spooled> {
  const files = { v: String(version), same: "s".repeat(1000), "in/other": "o" };
  const path = await fleet.pack("my_site.tgz", files);
  const name = await fleet.ok(["spool", path]);
  const found = await spooledOf(name as RevisionName, Deno.readFileSync(path));
  const text = formatTree(found.tree);
  const metadata = { "ftl-sha256": found.object.sha256, "ftl-tree": hashTree(text) };
  await putBytes(fleet.bucket(), treeKey(found.revision), packTree(text), metadata);
  if (before !== undefined) {
    const key = patchKey(found.revision, before.revision.id);
    await putBytes(fleet.bucket(), key, patchOf(before, found));
  }
  await fleet.bless(name);
  return found;
}

Deno.test("ftl sync says what a delta moved, and the spare is used up by the next revision", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["my_site"], { FTL_KEEP: "0" });
  const plain = fleet.machine("plain", ["my_site"], { FTL_KEEP: "0", FTL_DELTA: "off" });
  let last: Spooled | undefined;
  for (const version of [1, 2, 3]) {
    last = await release(fleet, version, last);
    await web.ok(["sync"]);
  }
  assertEquals(web.names("my_site/.ftl/spare").length, 3);
  const next = await release(fleet, 4, last);
  const { code, stderr } = await web.ftl(["sync"]);
  assertEquals(code, 0, stderr);
  assertMatch(stderr, /: fetched [\d.]+ k?B of [\d.]+ k?B \(spare\), \d+ entries, in /);
  await plain.ok(["sync"]);
  const at = `my_site/revs/${idOf(next.name)}`;
  assertEquals(factsOf(`${web.root}/${at}`), factsOf(`${plain.root}/${at}`));
  const status = JSON.parse(await web.ok(["status", "--json"]));
  assertEquals(status.packages[0].transfer.how, "spare");
  const { moved } = status.packages[0].transfer;
  const listed = JSON.parse(await web.ok(["list", "my_site", "--json"]));
  const newest = listed.revisions.slice(-1).map((
    one: Record<string, unknown>,
  ) => [one.how, one.moved]);
  assertEquals(newest, [["spare", moved]]);
  const lines = (await web.ok(["list", "--long", "my_site"])).split("\n");
  assertMatch(lines.at(-1) ?? "", /\(active, came by the spare: [\d.]+ k?B\)/);
});
