/** What a purge of S3 leaves below `.ftl/delta/` when a package has no revision any more, or when it is killed. */
import { assertEquals, assertRejects } from "../assert.ts";
import {
  NotFoundError,
  purgeMaster,
  type PurgeTarget,
  spool,
  type Spooled,
  StorageError,
} from "../../mod.ts";
import { site } from "./delta_archives.ts";
import { MemoryFleet } from "./memory_fleet.ts";

/** Nothing of it is blessed, so all of it may go. */
class UnblessedFleet extends MemoryFleet {
  readonly spooled: Spooled[] = [];

  /** Two revisions, of which the second has a patch. */
  static async start(): Promise<UnblessedFleet> {
    const fleet = new UnblessedFleet();
    for (const version of ["1", "2"]) {
      fleet.now += 2000;
      fleet.bucket.now = () => fleet.now;
      const archive = fleet.archive("a.tgz", ...site(version));
      fleet.spooled.push(await spool(fleet.context(), archive));
    }
    assertEquals((await fleet.left()).length, 5);
    return fleet;
  }

  /** All keys of the package. */
  async left(): Promise<string[]> {
    const objects = [...await this.bucket.list("a."), ...await this.bucket.list(".ftl/delta/a/")];
    return objects.map(({ key }) => key);
  }

  denyDeltaLists(): void {
    const list = this.bucket.list.bind(this.bucket);
    this.bucket.list = async (prefix, ...others) => {
      if (prefix.startsWith(".ftl/delta/")) throw new StorageError(`list is denied in ${prefix}`);
      return await list(prefix, ...others);
    };
  }

  async purge(target: PurgeTarget, { dryRun = false } = {}): Promise<number> {
    return (await purgeMaster(this.context(), target, { dryRun })).removed.length;
  }
}

const ALL: PurgeTarget = { package: "a", keep: 0 };

Deno.test("with the last revision of a package all goes that lay beside any of its revisions", async () => {
  using fleet = await UnblessedFleet.start();
  const others = [".ftl/delta/ab/VZ4vQk8aR4G/tree", ".ftl/delta/b/VZ4vQk8aR4G/tree"];
  // A spool has left it a moment ago, or a purge that could not remove all.
  for (const key of [".ftl/delta/a/VZ4vQk8aR4G/frames", ...others]) {
    await fleet.bucket.put(key, "x", { metadata: {} });
  }
  const [first, second] = fleet.spooled;
  assertEquals(await fleet.purge({ revision: first?.revision ?? "" }), 1);
  assertEquals((await fleet.left()).length, 3);
  assertEquals(await fleet.purge({ revision: second?.revision ?? "" }), 1);
  assertEquals(await fleet.left(), []);
  const keys = (await fleet.bucket.list(".ftl/delta/")).map(({ key }) => key);
  assertEquals(keys, others);
  assertEquals(fleet.warnings, []);
});

Deno.test("a purge of a package without revisions removes what is left beside them, and then there is none", async () => {
  using fleet = await UnblessedFleet.start();
  const revision = fleet.spooled[0]?.revision ?? "";
  for (const { key } of fleet.spooled) await fleet.bucket.remove(key);
  assertEquals([await fleet.purge(ALL, { dryRun: true }), (await fleet.left()).length], [0, 3]);
  assertEquals([await fleet.purge({ revision }), await fleet.left()], [0, []]);
  await assertRejects(() => fleet.purge({ revision }), NotFoundError, "No package a in");
  await assertRejects(() => fleet.purge(ALL, { dryRun: true }), NotFoundError, "No package a in");
});

Deno.test("who may not remove what is left of a package is told so, and that it has no revision", async () => {
  using fleet = await UnblessedFleet.start();
  for (const { key } of fleet.spooled) await fleet.bucket.remove(key);
  fleet.bucket.deny("removeMany", 1);
  await assertRejects(() => fleet.purge(ALL), NotFoundError, "No package a in");
  assertEquals(fleet.warnings, [
    "Not all below .ftl/delta/a/ that is needed no more was removed: " +
    "removeMany is denied in deploys",
  ]);
  assertEquals([await fleet.purge(ALL), await fleet.left()], [0, []]);
});

Deno.test("who may not list what is left of a package hears nothing of it where the package has no revision", async () => {
  using fleet = await UnblessedFleet.start();
  for (const { key } of fleet.spooled) await fleet.bucket.remove(key);
  fleet.denyDeltaLists();
  await assertRejects(() => fleet.purge(ALL), NotFoundError, "No package a in");
  assertEquals(fleet.warnings, []);
});

Deno.test("who may not list what lies beside revisions is told so, also where none is to be removed", async () => {
  using fleet = await UnblessedFleet.start();
  fleet.denyDeltaLists();
  assertEquals(await fleet.purge({ package: "a", keep: 5 }), 0);
  assertEquals(fleet.warnings, [
    "Not all below .ftl/delta/a/ that is needed no more was removed: " +
    "list is denied in .ftl/delta/a/",
  ]);
});

Deno.test("a purge that is killed before or after any of its removals is finished by the next one", async () => {
  const killed = new Error("killed");
  for (const nth of [1, 2]) {
    for (const when of ["before", "after"]) {
      using fleet = await UnblessedFleet.start();
      const removeMany = fleet.bucket.removeMany.bind(fleet.bucket);
      let calls = 0;
      fleet.bucket.removeMany = async (keys) => {
        if (++calls < nth) return await removeMany(keys);
        if (when === "after") await removeMany(keys);
        throw killed;
      };
      assertEquals(await fleet.purge(ALL).catch((error) => error), killed, `${nth} ${when}`);
      fleet.bucket.removeMany = removeMany;
      // Whoever asks for it a second time may hear that all of it is gone already.
      await fleet.purge(ALL).catch((error) => assertEquals(error.name, "NotFoundError"));
      assertEquals(await fleet.left(), [], `${nth} ${when}`);
    }
  }
});
