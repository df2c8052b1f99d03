import { randomBytes } from "node:crypto";
import { assertEquals, assertMatch } from "../assert.ts";
import type { RevisionName } from "../../src/revision/names.ts";
import { patchKey } from "../../src/revision/keys.ts";
import { patchOf, putBytes, type Spooled, spooledOf } from "../commands/delta_fleet.ts";
import { idOf } from "./fleet.ts";
import { TrustingFleet } from "./trusting_fleet.ts";

/** Spools a revision with CI's signature, and has Ann bless it. */
async function release(people: TrustingFleet, version: string): Promise<Spooled> {
  const path = await people.fleet.pack("a.tgz", filesOf(version));
  const name = await people.fleet.ok(["spool", path], { env: people.as(people.ci) });
  await people.bless(name);
  return await spooledOf(name as RevisionName, Deno.readFileSync(path));
}

/** Most of it cannot be compressed, so that a patch is much smaller than all of it. */
const SAME = randomBytes(8000).toString("hex");

function filesOf(version: string): Record<string, string> {
  return { version, same: SAME };
}

Deno.test("with FTL_TRUST a delta makes only the tree that was signed", async () => {
  await using people = await TrustingFleet.start();
  const { fleet } = people;
  const env = { FTL_KEEP: "0", FTL_DELTA: "always" };
  const machine = people.machine("web", env);
  const trustless = fleet.machine("trustless", ["a"], env);
  const transferOf = async (web: typeof machine): Promise<Record<string, unknown>> =>
    JSON.parse(await web.ok(["sync", "--json"])).packages[0].transfers[0];
  const versionOf = (web: typeof machine, { name }: Spooled): string =>
    Deno.readTextFileSync(`${web.root}/a/revs/${idOf(name)}/version`);

  const first = await release(people, "1");
  await transferOf(machine);
  await trustless.ok(["sync"]);
  const second = await release(people, "2");
  const honest = await transferOf(machine);
  assertEquals([honest["how"], honest["fallback"]], ["delta", null]);
  assertEquals(versionOf(machine, second), "2");

  // Somebody who can write to the bucket says that the patch of a true revision makes something else.
  const evil = await fleet.pack("a.tgz", filesOf("evil"));
  const made = await spooledOf(second.name, Deno.readFileSync(evil));
  const third = await release(people, "3");
  for (const base of [first, second]) {
    const patch = patchOf(base, { ...made, object: third.object }, {
      change: (head) => ({ ...head, to: { ...head.to, id: third.revision.id } }),
    });
    const key = patchKey(third.revision, base.revision.id);
    await fleet.bucket().removeMany([key]);
    await putBytes(fleet.bucket(), key, patch);
  }
  const refused = await transferOf(machine);
  assertEquals(refused["how"], "whole");
  assertMatch(String(refused["fallback"]), /does not make what was signed/);
  assertEquals(versionOf(machine, third), "3");
  // The attack is a real one: without FTL_TRUST, who writes to the bucket decides.
  await trustless.ok(["sync"]);
  assertEquals(versionOf(trustless, third), "evil");
  for (const { contents } of [first, second, third, made]) contents[Symbol.dispose]();
});
