/** `jump` and `jump-back`, on a machine and on a bucket in memory. */
import { assertEquals, assertRejects } from "../assert.ts";
import {
  jump,
  jumpBack,
  jumpBackMaster,
  jumpMaster,
  NotFoundError,
  status,
  sync,
} from "../../mod.ts";
import { checkHold } from "../../src/commands/doctor/jumps.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import { aPackage } from "../names.ts";
import { treeOf } from "../temp.ts";
import { MemoryFleet } from "./memory_fleet.ts";

/** Two revisions in the bucket, the older one first. None is blessed. */
async function spoolTwo(fleet: MemoryFleet): Promise<[first: string, second: string]> {
  const first = await fleet.spool("a.tgz", "1");
  const second = await fleet.spool("a.tgz", "2");
  return [first, second];
}

Deno.test("a jump and a way back on one machine leave the bucket alone", async () => {
  using fleet = new MemoryFleet();
  const [first, second] = await spoolTwo(fleet);
  const web = fleet.context("web", ["a"]);
  await jumpMaster(fleet.context(), first);
  await sync(web);
  const calls = fleet.bucket.calls.length;
  const there = await jump(web, second);
  assertEquals([String(there.revision), there.from, there.failures], [second, first, []]);
  const back = await jumpBack(web, "a");
  assertEquals([String(back.revision), back.from], [first, second]);
  assertEquals(fleet.bucket.calls.length, calls);
});

Deno.test("a revision that a machine jumped to is held until a sync follows what is blessed", async () => {
  using fleet = new MemoryFleet();
  const [first, second] = await spoolTwo(fleet);
  const web = fleet.context("web", ["a"]);
  await jumpMaster(fleet.context(), first);
  await sync(web);
  await jump(web, second);
  const [held] = await sync(web);
  assertEquals([held?.active, held?.activated, held?.heldFrom], [second, undefined, first]);
  assertEquals((await status(web)).packages.map((found) => found.held), [true]);
  const [followed] = await sync(web, { follow: true });
  assertEquals([followed?.active, followed?.heldFrom], [first, undefined]);
});

Deno.test("a jump before anything is blessed is held, and doctor says what the machine knows of that", async () => {
  using fleet = new MemoryFleet();
  const [first] = await spoolTwo(fleet);
  const web = fleet.context("web", ["a"]);
  await sync(web);
  await jump(web, first);
  await jumpMaster(fleet.context(), first);
  const held = (): string[] => {
    return checkHold(new PackageDir(web.config.root, aPackage("a"))).map(({ detail }) => detail);
  };
  assertEquals(held(), [
    `${first} is held here by a jump, while nothing was blessed at the last sync`,
  ]);
  await sync(web);
  assertEquals(held(), []);
});

Deno.test("a jump to what is not on the machine, or not wanted there, changes nothing", async () => {
  using fleet = new MemoryFleet();
  const [first] = await spoolTwo(fleet);
  const web = fleet.context("web", ["a"]);
  const before = linksIn(web.config.root);
  await assertRejects(() => jump(web, first), NotFoundError, first);
  await assertRejects(() => jump(web, "b.VZ5vQk8aR4G"), NotFoundError, "b");
  await assertRejects(() => jumpBack(web, "a"), NotFoundError, "No previous revision of a");
  assertEquals(linksIn(web.config.root), before);
});

/** What FTL shows of the package: links and revisions. Its own folder may be made by a refused jump. */
function linksIn(root: string): string[] {
  return treeOf(`${root}/a`).filter((line) => !line.startsWith(".") && !line.startsWith("revs/ "));
}

Deno.test("a blessing tells what it replaced, and the same one again changes nothing", async () => {
  using fleet = new MemoryFleet();
  const [first, second] = await spoolTwo(fleet);
  const developer = fleet.context();
  assertEquals((await jumpMaster(developer, first)).from, undefined);
  assertEquals((await jumpMaster(developer, second)).from, first);
  const { etag } = await fleet.bucket.head("a.rev") ?? {};
  assertEquals((await jumpMaster(developer, second)).from, second);
  assertEquals((await fleet.bucket.head("a.rev"))?.etag, etag);
});

Deno.test("only what is in the bucket can be blessed, and only a replaced one gone back to", async () => {
  using fleet = new MemoryFleet();
  const [first] = await spoolTwo(fleet);
  const developer = fleet.context();
  await assertRejects(() => jumpMaster(developer, "a.VZ5vQk8aR4G"), NotFoundError);
  assertEquals(await fleet.bucket.head("a.rev"), undefined);
  await assertRejects(() => jumpBackMaster(developer, "a"), NotFoundError, "No previous revision");
  await jumpMaster(developer, first);
  await assertRejects(() => jumpBackMaster(developer, "a"), NotFoundError, "No previous revision");
});
