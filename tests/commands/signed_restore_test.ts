/** A revision that is removed while somebody signs a blessing of it: what was blessed before comes back, signed. */
import { jumpMaster, type RevisionName } from "../../mod.ts";
import type { Context } from "../../src/context.ts";
import { ConflictError } from "../../src/errors.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { testWith } from "../required_program.ts";
import { SSH_KEYGEN } from "../trust/ssh_keygen.ts";
import { secretOf, SigningFleet } from "./signing_fleet.ts";

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

Deno.test("what comes back is signed anew, as the same blessing with another serial", async () => {
  using all = new SigningFleet();
  const [old, next] = await all.revisions(2);
  assert(old !== undefined && next !== undefined);
  await all.bless(all.as("ann"), old);
  const before = await all.metadata();
  const hint = await blessRemoved(all, all.as("bob"), next);
  assertEquals(hint, `${old} is blessed again, as before`);
  const { "ftl-serial": serial, "ftl-sig-1": signature, ...after } = await all.metadata();
  assertEquals([await all.text, await all.signers()], [old, ["bob"]]);
  assert(Number(serial) > Number(before["ftl-serial"]) && signature !== before["ftl-sig-1"]);
  const { "ftl-serial": _serial, "ftl-sig-1": _signature, ...rest } = before;
  assertEquals(after, rest);
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

testWith(
  SSH_KEYGEN,
  "if the second signature is refused, nothing comes back, and the reason is told",
  async () => {
    using all = new SigningFleet();
    const [old, next] = await all.revisions(2);
    assert(old !== undefined && next !== undefined);
    await all.bless(all.as("ann"), old);
    const key = all.write("key", secretOf("bob"), 0o600);
    const program = all.write(
      "once",
      `#!/bin/sh\nssh-keygen -Y sign -f ${key} -n $FTL_SIGN_NAMESPACE && rm ${key}\n`,
      0o755,
    );
    const hint = await blessRemoved(all, all.as("bob", { FTL_SIGN_KEY: `exec:${program}` }), next);
    assertMatch(
      hint ?? "",
      /^Bless another revision now: machines .*\. The one before is not back: FTL_SIGN_KEY did not sign/,
    );
    assertEquals(await all.text, next);
  },
);
