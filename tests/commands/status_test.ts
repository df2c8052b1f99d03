/** `status` on a bucket in memory. */
import { assertEquals } from "../assert.ts";
import { createContext, jumpMaster, status, sync } from "../../mod.ts";
import { MemoryFleet } from "./memory_fleet.ts";

Deno.test("status tells what a sync would do, and a sync then does it", async () => {
  using fleet = new MemoryFleet();
  const web = fleet.context("web", ["a"]);
  const revision = await fleet.spool("a.tgz", "1");
  await jumpMaster(fleet.context(), revision);
  const { packages: [before] } = await status(web);
  assertEquals([before?.active, before?.blessed, before?.revisions], [undefined, revision, 0]);
  assertEquals([before?.master?.fetch, before?.master?.activate], [[revision], revision]);
  assertEquals(before?.lastSync, undefined);
  await sync(web);
  const { packages: [after] } = await status(web);
  assertEquals([after?.active, after?.revisions, after?.unprepared], [revision, 1, []]);
  assertEquals([after?.master?.fetch, after?.master?.activate], [[], undefined]);
  assertEquals(after?.lastSync?.failure, undefined);
});

Deno.test("status shows what the machine knows if the bucket denies the listing", async () => {
  using fleet = new MemoryFleet();
  const web = fleet.context("web", ["a", "b"]);
  const revision = await fleet.spool("a.tgz", "1");
  await jumpMaster(fleet.context(), revision);
  await sync(web);
  const told = fleet.events.length;
  for (const method of ["list", "listPage"]) fleet.bucket.deny(method, 100);
  const { packages, failures } = await status(web);
  assertEquals(packages.map(({ active }) => String(active)), [String(revision), "undefined"]);
  assertEquals(packages.map(({ master }) => master), [undefined, undefined]);
  assertEquals(failures.length, 2);
  assertEquals(packages[0]?.blessed, revision);
  const types = fleet.events.slice(told).map(({ type }) => type);
  assertEquals(new Set(types), new Set(["failure"]));
});

Deno.test("status without FTL_BUCKET asks no bucket", async () => {
  using fleet = new MemoryFleet();
  const web = fleet.context("web", ["a"]);
  const alone = { ...web, config: createContext({ FTL_ROOT: web.config.root }).config };
  const { packages, failures } = await status(alone);
  assertEquals(packages.map((found) => [String(found.package), found.master]), [["a", undefined]]);
  assertEquals([failures, fleet.bucket.calls], [[], []]);
});
