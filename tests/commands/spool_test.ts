/** `spool` on a bucket in memory: what it stores, and what it tells. */
import { assert, assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { NotFoundError, spool, StorageError, UsageError } from "../../mod.ts";
import { createHash } from "node:crypto";
import { readNote } from "../../src/revision/metadata.ts";
import { MemoryFleet } from "./memory_fleet.ts";

Deno.test("spool stores the file as it is, and describes it", async () => {
  using fleet = new MemoryFleet();
  const file = fleet.archive("a.tgz", { name: "v", content: "1" }, { name: "w", content: "22" });
  const bytes = Deno.readFileSync(file);
  const spooled = await spool(fleet.context(), file, { message: "why" });
  const { revision, key, size, sha256, entries, bytes: unpacked, warnings } = spooled;
  assertEquals([key, size], [`${revision}.tgz`, bytes.length]);
  assertEquals([entries, unpacked, warnings], [2, 3, []]);
  assertEquals(sha256, createHash("sha256").update(bytes).digest("hex"));
  const head = await fleet.bucket.head(key);
  assert(head !== undefined);
  const { by, message } = readNote(head.metadata);
  assertEquals([by, message, head.metadata["ftl-sha256"]], ["dev@laptop", "why", sha256]);
  const { body } = await fleet.bucket.read(key, { etag: head.etag });
  assertEquals(new Uint8Array(await new Response(body).arrayBuffer()), bytes);
});

Deno.test("spool tells of a new package, and only of a new one", async () => {
  using fleet = new MemoryFleet();
  for (const content of ["1", "2"]) await fleet.spool("a.tgz", content);
  assertEquals(fleet.events.filter(({ type }) => type === "new-package").length, 1);
});

Deno.test("spool warns of a name that ends like one build, and uploads all the same", async () => {
  using fleet = new MemoryFleet();
  const file = fleet.archive("site-20260101.tgz", { name: "v", content: "1" });
  const { warnings, key } = await spool(fleet.context(), file);
  assertMatch(warnings.join("\n"), /The package is site-20260101/);
  assertEquals(fleet.warnings, [...warnings]);
  assertEquals((await fleet.bucket.list("site-")).map((object) => object.key), [key]);
});

Deno.test("spool asks the bucket before it reads the file", async () => {
  using fleet = new MemoryFleet();
  fleet.bucket.deny("list", 1);
  const file = fleet.write("a.tgz", "no archive at all");
  await assertRejects(() => spool(fleet.context(), file), StorageError, "list is denied");
  assertEquals(fleet.events, []);
});

Deno.test("spool refuses a file that is not there, and a folder", async () => {
  using fleet = new MemoryFleet();
  const context = fleet.context();
  await assertRejects(() => spool(context, `${fleet.path}/none.tgz`), NotFoundError, "none.tgz");
  await assertRejects(() => spool(context, fleet.folder("folder.tgz")), UsageError, "folder.tgz");
  assertEquals(fleet.bucket.calls, []);
});
