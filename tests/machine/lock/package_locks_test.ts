/** A sync of more packages than a process may have files open. */
import { assert, assertEquals } from "../../assert.ts";
import { createContext, type FtlEvent, sync } from "../../../mod.ts";
import { holderOf } from "../../../src/machine/lock/lock.ts";
import { Fleet } from "../../e2e/fleet.ts";
import { aName } from "../../names.ts";

const PACKAGES = Array.from({ length: 68 }, (_, i) => `p${i}`);
const ID = "V0000000000";

Deno.test("sync holds the locks of a bounded number of packages, however many have something to fetch", async () => {
  await using fleet = await Fleet.start({ durable: false });
  const bucket = fleet.bucket();
  await Promise.all(PACKAGES.map(async (name) => {
    await bucket.put(`${name}.${ID}`, "content", { metadata: {} });
    await bucket.put(`${name}.rev`, `${name}.${ID}`, { metadata: {} });
  }));
  const { root } = fleet.machine("machine", PACKAGES);
  let held: number | undefined;
  const report = ({ type }: FtlEvent): void => {
    if (type !== "fetched" || held !== undefined) return;
    // By now all have been looked at.
    held = PACKAGES.filter((name) => holderOf(`${root}/${name}/.ftl/sync.lock`)).length;
  };
  const context = createContext({ ...fleet.env, FTL_ROOT: root }, { report });
  const synced = await sync(context);
  assert(held !== undefined && held > 0 && held <= 64, `${held} locks held`);
  assertEquals(
    synced.map(({ active, failures }) => [active, failures.length]).toSorted(),
    PACKAGES.map((name) => [aName(`${name}.${ID}`), 0]).toSorted(),
  );
});
