/** Attacks on a fleet that trusts signatures: all is deleted, and keys that nobody trusts. */
import { assertEquals, assertStringIncludes } from "../assert.ts";
import { testWith } from "../required_program.ts";
import { SSH_KEYGEN } from "../trust/ssh_keygen.ts";
import { AWS } from "./attacker.ts";
import { keyOf, TrustingFleet } from "./trusting_fleet.ts";

testWith(AWS, "a bucket that was emptied stops and empties no machine", async () => {
  await using all = await TrustingFleet.start();
  const { attacker } = all;
  const web = all.machine("web", { FTL_KEEP: "0" });
  await all.release("one");
  const second = await all.release("two");
  await all.syncs(web, second);
  const before = web.names("a/revs");
  await attacker.empty();
  await all.syncs(web, second);
  await attacker.put({ key: keyOf("a.z00000000"), path: await all.pack("bad"), metadata: {} });
  await all.syncs(web, second);
  assertEquals([web.names("a/revs"), all.ran], [before, ["one", "two"]]);
  // A new machine finds nothing that is signed.
  await all.syncs(all.machine("new"), undefined);
  assertEquals(all.ran, ["one", "two"]);
});

testWith(
  [AWS, SSH_KEYGEN],
  "a key file that ssh-keygen made signs, and the attacker's key does not",
  async () => {
    await using all = await TrustingFleet.start();
    const { attacker, fleet } = all;
    for (const name of ["good", "bad"]) {
      const args = ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", `${attacker.path}/${name}`];
      await new Deno.Command("ssh-keygen", { args, stdin: "null" }).output();
    }
    const key = `${attacker.path}/good`;
    const FTL_TRUST = fleet.folder.write(
      "own_signers",
      `dev@example.com ${Deno.readTextFileSync(`${key}.pub`)}`,
    );
    const env = { FTL_SIGN_KEY: key };
    const first = await fleet.ok(["spool", await all.pack("one")], { env });
    await fleet.ok(["jump", "--master", first], { env });
    const web = all.machine("web", { FTL_TRUST });
    await all.syncs(web, first);
    const { metadata } = await attacker.steal("a.rev");
    const bad = { FTL_SIGN_KEY: `${attacker.path}/bad` };
    const second = await fleet.ok(["spool", await all.pack("bad")], { env: bad });
    const told = await all.syncs(web, first);
    assertStringIncludes(told, `${second}: signature 1 (SHA256:`);
    await attacker.remove("a.rev");
    await fleet.ok(["jump", "--master", second], { env: bad });
    await all.refuses(web, { runs: first, why: "): nobody who is trusted has the key" });
    // The key of somebody who is trusted, written into the blob of another signature, makes it wrong.
    const [good = "", evil = ""] = [metadata, (await attacker.steal("a.rev")).metadata].map((one) =>
      one["ftl-sig-1"]
    );
    const blob = Uint8Array.fromBase64(evil);
    blob.set(Uint8Array.fromBase64(good).slice(0, 65), 0);
    const forged = { ...(await attacker.steal("a.rev")).metadata, "ftl-sig-1": blob.toBase64() };
    await attacker.putText("a.rev", second, forged);
    await all.refuses(web, { runs: first, why: "(dev@example.com, SHA256:" });
    assertEquals(all.ran, ["one"]);
  },
);
