/** A revision that is removed while somebody signs a blessing of it. What was blessed before comes back if nobody had signed it. */
import { jumpMaster, type RevisionName, sync } from "../../mod.ts";
import type { Context } from "../../src/context.ts";
import { ConflictError } from "../../src/errors.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { SigningFleet } from "./signing_fleet.ts";

/** Blesses a revision that is removed meanwhile. Returns the hint. */
async function blessRemoved(
  all: SigningFleet,
  by: Context,
  revision: RevisionName,
): Promise<string | undefined> {
  const put = all.bucket.put.bind(all.bucket);
  all.bucket.put = async (key, ...rest) => {
    const etag = await put(key, ...rest);
    if (key !== "a.rev") return etag;
    all.bucket.put = put;
    await all.bucket.remove(`${revision}.tgz`);
    return etag;
  };
  return (await assertRejects(() => jumpMaster(by, revision), ConflictError)).hint;
}

Deno.test("what was signed does not come back: nobody has asked to vouch for it", async () => {
  using all = new SigningFleet();
  const [old, next] = await all.revisions(2);
  assert(old !== undefined && next !== undefined);
  await all.bless(all.as("ann"), old);
  const hint = await blessRemoved(all, all.as("bob"), next);
  assertEquals(hint, "Bless another revision now: machines cannot fetch this one");
  assertEquals([await all.text, await all.signers()], [next, ["bob"]]);
});

Deno.test("what nobody had signed comes back as it was: nobody vouches for it", async () => {
  using all = new SigningFleet();
  const [old, next] = await all.revisions(2);
  assert(old !== undefined && next !== undefined);
  await all.bless(all.context(), old);
  const hint = await blessRemoved(all, all.as("bob"), next);
  assertEquals(hint, `${old} is blessed again, as before`);
  assertEquals([await all.text, await all.isSigned()], [old, false]);
});

Deno.test("what an intruder has changed does not come back, signed or not", async () => {
  using all = new SigningFleet();
  const [old, next] = await all.revisions(2);
  assert(old !== undefined && next !== undefined);
  await all.bless(all.as("ann"), old);
  await all.tamper({ "ftl-by": "eve" });
  const hint = await blessRemoved(all, all.as("bob"), next);
  assertEquals(hint, "Bless another revision now: machines cannot fetch this one");
  assertEquals(await all.text, next);
});

Deno.test("an old blessing that an intruder has put back is not signed anew, as the next blessing fails", async () => {
  using all = new SigningFleet();
  const [first, second, third] = await all.revisions(3);
  assert(first !== undefined && second !== undefined && third !== undefined);
  await all.bless(all.as("ann"), first);
  const putBack = all.bucket.snapshot("a.rev");
  await all.bless(all.as("ann"), second);
  const web = all.machine("web", { FTL_KEEP: "0" });
  await sync(web, { packages: ["a"] });
  putBack();
  // The turn after the first blessing was taken: until its entry is old, its writer may be about to write.
  all.now += 31_000;
  await blessRemoved(all, all.as("ann"), third);
  const [result] = await sync(web, { packages: ["a"] });
  assertEquals([result?.activated, result?.active], [undefined, second]);
});
