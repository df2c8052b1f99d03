/** What somebody who can write to the bucket plants so that nobody can bless any more. */
import { jumpMaster } from "../../mod.ts";
import { UsageError } from "../../src/errors.ts";
import { historyPrefix } from "../../src/revision/keys.ts";
import { aPackage } from "../names.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { SigningFleet } from "./signing_fleet.ts";

Deno.test("a signature after so many others that no machine looks at it is refused, with the way out", async () => {
  using all = new SigningFleet();
  const [old] = await all.revisions(1);
  assert(old !== undefined);
  await all.bless(all.as("ann"), old);
  const junk = Array.from({ length: 15 }, (_, i) => [`ftl-sig-${i + 2}`, "x"]);
  await all.tamper(Object.fromEntries(junk));
  const { message, hint } = await assertRejects(() => jumpMaster(all.as("bob"), old), UsageError);
  assertEquals(message, "a.rev has no room for one more signature");
  assertMatch(hint ?? "", /--again/);
  await jumpMaster(all.as("bob"), old, { again: true });
  assertEquals(await all.signers(), ["bob"]);
});

Deno.test("something large in the place of the next entry of the history keeps nobody from blessing", async () => {
  using all = new SigningFleet();
  const [old, next] = await all.revisions(2);
  assert(old !== undefined && next !== undefined);
  await all.bless(all.as("ann"), old);
  const serial = (await all.metadata())["ftl-serial"];
  const key = `${historyPrefix(aPackage("a"))}${serial}`;
  await all.bucket.put(key, "x".repeat(1_000_000), { metadata: {} });
  all.now += 31_000;
  await all.bless(all.as("ann"), next);
  assertEquals(await all.text, next);
});
