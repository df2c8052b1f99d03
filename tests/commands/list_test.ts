/** `list`, of a machine and of a bucket in memory. */
import { assertEquals, assertRejects, assertThrows } from "../assert.ts";
import {
  jumpMaster,
  listLocalPackages,
  listLocalRevisions,
  listMasterPackages,
  listMasterRevisions,
  NotFoundError,
  spool,
  sync,
} from "../../mod.ts";
import { MemoryFleet } from "./memory_fleet.ts";

/** Two revisions of `a`, the newer one blessed after the other. One revision of `b`. */
async function fill(fleet: MemoryFleet): Promise<[first: string, second: string, other: string]> {
  const developer = fleet.context();
  const names: string[] = [];
  for (const [name, content] of [["a.tgz", "1"], ["a.tgz", "2"], ["b.tgz", "1"]] as const) {
    const file = fleet.archive(name, { name: "v", content });
    names.push((await spool(developer, file, { message: `${name} ${content}` })).revision);
  }
  const [first = "", second = "", other = ""] = names;
  await jumpMaster(developer, first);
  await jumpMaster(developer, second, { message: "better" });
  return [first, second, other];
}

Deno.test("list shows the packages and revisions of a machine", async () => {
  using fleet = new MemoryFleet();
  const [first, second] = await fill(fleet);
  const web = fleet.context("web", ["a"]);
  await sync(web);
  assertEquals(listLocalPackages(web).map((found) => String(found.package)), ["a"]);
  const [long] = listLocalPackages(web, { long: true });
  assertEquals([long?.active, long?.newest, long?.revisions, long?.held], [
    second,
    second,
    2,
    false,
  ]);
  assertEquals(
    listLocalRevisions(web, "a").map(({ revision, active, postSync, how, moved, size }) =>
      [String(revision), active, postSync, how, moved === size] as const
    ),
    [[first, false, "ok", "whole", true], [second, true, "ok", "whole", true]],
  );
});

Deno.test("list tells of a machine without packages, and refuses a package that it does not want", () => {
  using fleet = new MemoryFleet();
  const web = fleet.context("web");
  assertEquals(listLocalPackages(web), []);
  assertEquals(fleet.events.map(({ type }) => type), ["no-packages"]);
  assertThrows(() => listLocalRevisions(web, "a"), NotFoundError, "a");
});

Deno.test("list --master shows packages, and a long one what each holds", async () => {
  using fleet = new MemoryFleet();
  const [, second, other] = await fill(fleet);
  await fleet.bucket.put("not-ftl's/key", "x", { metadata: {} });
  const packages = await listMasterPackages(fleet.context(), { long: true });
  const found = packages.map(({ active, newest, revisions }) => `${active} ${newest} ${revisions}`);
  assertEquals(found, [`${second} ${second} 2`, `undefined ${other} 1`]);
});

Deno.test("list --master shows who spooled and who blessed, in a long listing only", async () => {
  using fleet = new MemoryFleet();
  const [first, second] = await fill(fleet);
  const short = await listMasterRevisions(fleet.context(), "a");
  assertEquals(
    short.map(({ revision, active, previous, details }) =>
      [String(revision), active, previous, details] as const
    ),
    [[first, false, true, undefined], [second, true, false, undefined]],
  );
  const [older, newer] = await listMasterRevisions(fleet.context(), "a", { long: true });
  assertEquals([older?.details?.message, older?.blessing], ["a.tgz 1", undefined]);
  assertEquals([newer?.details?.by, newer?.details?.entries], ["dev@laptop", 1]);
  const { by, message, replaced } = newer?.blessing ?? {};
  assertEquals([by, message, replaced], ["dev@laptop", "better", first]);
});

Deno.test("list --master sends one request for names, whatever the number of packages", async () => {
  using fleet = new MemoryFleet();
  await fill(fleet);
  const before = fleet.bucket.calls.length;
  await listMasterPackages(fleet.context());
  assertEquals(fleet.bucket.calls.slice(before), ["list"]);
});

Deno.test("a pointer that names no revision is a warning: the revisions are listed", async () => {
  using fleet = new MemoryFleet();
  await fill(fleet);
  await fleet.bucket.put("a.rev", "???", { metadata: {} });
  const revisions = await listMasterRevisions(fleet.context(), "a");
  assertEquals(revisions.map(({ active }) => active), [false, false]);
  assertEquals(fleet.warnings.length, 1);
  await assertRejects(() => listMasterRevisions(fleet.context(), "c"), NotFoundError, "c");
});
