/** One person's key is not enough where two people must sign, whatever that person writes before another one signs. */
import { createHash } from "node:crypto";
import { jumpMaster, sync } from "../../mod.ts";
import type { RevisionName } from "../../src/revision/names.ts";
import { gzip, tar } from "../archive/builders.ts";
import { ConflictError, IntegrityError } from "../../src/errors.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { SigningFleet } from "./signing_fleet.ts";

const HALF = { size: { percent: 50 } };
const TWO = { FTL_TRUST_THRESHOLD: "2" };
const EVIL = gzip(tar({ name: "v", content: "evil" }));

/** Two people have blessed `old`. Bob, who is a thief, rolls `next` out, and names other bytes for `old`. */
async function tampered(all: SigningFleet): Promise<[old: RevisionName, next: RevisionName]> {
  const [old, next] = await all.revisions(2);
  assert(old !== undefined && next !== undefined);
  await all.bless(all.as("ann", TWO), old);
  await all.bless(all.as("bob", TWO), old);
  await all.stage(all.as("bob", TWO), next, { ...HALF, halt: 1 });
  await all.tamper({
    "ftl-sha256": createHash("sha256").update(EVIL).digest("hex"),
    "ftl-size": String(EVIL.length),
  });
  await all.signOver("bob");
  return [old, next];
}

const ACTS = {
  "the same step": (all: SigningFleet, _old: RevisionName, next: RevisionName) =>
    all.stage(all.as("ann", TWO), next, HALF),
  "the next step": (all: SigningFleet, _old: RevisionName, next: RevisionName) =>
    all.stage(all.as("ann", TWO), next, { size: { percent: 60 } }),
  "a stop": (all: SigningFleet) => all.back(all.as("ann", TWO)),
  "a jump to what is blessed": (all: SigningFleet, old: RevisionName) =>
    jumpMaster(all.as("ann", TWO), old),
};
for (const [name, act] of Object.entries(ACTS)) {
  Deno.test(`bytes that one of two people has named are not signed along by ${name}`, async () => {
    using all = new SigningFleet();
    const [old, next] = await tampered(all);
    const { message } = await assertRejects(() => act(all, old, next), IntegrityError);
    assertEquals(message, `a.rev names another object than S3 has of ${old}`);
    await all.signOver("bob", true);
    all.bucket.rewrite(`${old}.tgz`, () => ({ bytes: EVIL }));
    const [web] = await sync(all.machine("web", TWO), { packages: ["a"] });
    assertEquals(web?.activated, undefined);
  });
}

Deno.test("what one of two people has signed does not come back, signed, if a blessing fails", async () => {
  using all = new SigningFleet();
  const [old] = await tampered(all);
  const [third] = await all.revisions(1);
  assert(third !== undefined);
  const { put } = all.bucket;
  all.bucket.put = async (key, ...rest) => {
    const etag = await put.call(all.bucket, key, ...rest);
    if (key === "a.rev") await all.bucket.remove(`${third}.tgz`);
    return etag;
  };
  const { hint } = await assertRejects(
    () => jumpMaster(all.as("ann", TWO), third),
    ConflictError,
  );
  assertEquals(hint, "Bless another revision now: machines cannot fetch this one");
  assert(await all.text !== old);
});

Deno.test("what one of two people has begun, the other one goes on with", async () => {
  using all = new SigningFleet();
  const [old, next] = await all.revisions(2);
  assert(old !== undefined && next !== undefined);
  await all.bless(all.as("ann", TWO), old);
  await all.stage(all.as("bob", TWO), next, HALF);
  await all.stage(all.as("ann", TWO), next, HALF);
  assertEquals(await all.signers(), ["bob", "ann"]);
});
