/** The main job by the functions of `mod.ts`, on a bucket in memory. */
import { assertEquals, assertRejects } from "../assert.ts";
import {
  IntegrityError,
  jumpBackMaster,
  jumpMaster,
  listMasterRevisions,
  planSyncs,
  purgeMaster,
  spool,
  status,
  sync,
  UsageError,
} from "../../mod.ts";
import { MemoryFleet } from "./memory_fleet.ts";

Deno.test("a revision goes from spool over a blessing and a sync to the active one", async () => {
  using fleet = new MemoryFleet();
  const developer = fleet.context();
  const web = fleet.context("web", ["a"]);
  const file = fleet.archive("a.tgz", { name: "v", content: "1" });
  const { revision, key, entries } = await spool(developer, file, { message: "first" });
  assertEquals([key, entries], [`${revision}.tgz`, 1]);
  const { metadata } = await fleet.bucket.head(key) ?? {};
  assertEquals([metadata?.["ftl-by"], metadata?.["ftl-message"]], ["dev@laptop", "first"]);
  await jumpMaster(developer, revision);
  const [planned] = await planSyncs(web);
  assertEquals([planned?.fetch, planned?.activate], [[revision], revision]);
  const [synced] = await sync(web);
  assertEquals([synced?.activated, synced?.failures], [revision, []]);
  assertEquals(Deno.readTextFileSync(`${web.config.root}/a/current/v`), "1");
  const { packages: [found] } = await status(web);
  assertEquals([found?.active, found?.blessed, found?.master?.fetch], [revision, revision, []]);
});

Deno.test("ids never go back, though the clock does", async () => {
  using fleet = new MemoryFleet();
  const developer = fleet.context();
  const names: string[] = [];
  for (const [n, hours] of [0, -5, -10].entries()) {
    fleet.now = Date.now() + hours * 3_600_000;
    const file = fleet.archive("a.tgz", { name: "v", content: String(n) });
    names.push((await spool(developer, file)).revision);
  }
  assertEquals([...names].sort(), names);
});

Deno.test("what a machine would refuse is refused before anything is in the bucket", async () => {
  using fleet = new MemoryFleet();
  const file = fleet.archive("a.tgz", { name: "../evil", content: "x" });
  await assertRejects(() => spool(fleet.context(), file), IntegrityError, "../evil");
  assertEquals(await fleet.bucket.list(""), []);
});

Deno.test("going back for all blesses what was blessed before, and a listing says why", async () => {
  using fleet = new MemoryFleet();
  const developer = fleet.context();
  const names: string[] = [];
  for (const content of ["1", "2"]) {
    const revision = await fleet.spool("a.tgz", content);
    await jumpMaster(developer, revision);
    names.push(revision);
  }
  const [first, second] = names;
  const back = await jumpBackMaster(developer, "a", { message: "login is broken" });
  assertEquals([String(back.revision), back.from, back.failures], [first, second, []]);
  const revisions = await listMasterRevisions(developer, "a", { long: true });
  assertEquals(revisions.map(({ active, previous }) => [active, previous]), [
    [true, false],
    [false, true],
  ]);
});

Deno.test("what is blessed, and the way back, are not removed from the bucket", async () => {
  using fleet = new MemoryFleet();
  const developer = fleet.context();
  const names: string[] = [];
  for (const content of ["1", "2", "3", "4"]) {
    names.push(await fleet.spool("a.tgz", content));
  }
  const [first = "", second = "", third = "", fourth = ""] = names;
  for (const name of [second, third]) await jumpMaster(developer, name);
  for (const name of [second, third]) {
    await assertRejects(() => purgeMaster(developer, { revision: name }), UsageError, name);
  }
  const purged = await purgeMaster(developer, { package: "a", keep: 1 });
  assertEquals(purged.removed.map(String), [first]);
  assertEquals((await fleet.bucket.list("a.")).map(({ key }) => key), [
    ...[second, third, fourth].map((name) => `${name}.tgz`),
    "a.rev",
  ]);
});

Deno.test("a bucket that denies the listing leaves the machine as it is", async () => {
  using fleet = new MemoryFleet();
  const web = fleet.context("web", ["a"]);
  const revision = await fleet.spool("a.tgz", "1");
  await jumpMaster(fleet.context(), revision);
  await sync(web);
  fleet.bucket.deny("list", 1);
  const [denied] = await sync(web);
  assertEquals([denied?.active, denied?.failures.length], [revision, 1]);
  const [well] = await sync(web);
  assertEquals([well?.active, well?.failures], [revision, []]);
});
