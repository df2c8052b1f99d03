/** Attacks on a fleet that trusts signatures, by somebody who may write to the bucket: on what revisions are. */
import { assertEquals, assertStringIncludes } from "../assert.ts";
import { withoutSignatures } from "../../src/revision/metadata.ts";
import { testWith } from "../required_program.ts";
import { AWS } from "./attacker.ts";
import { idOf } from "./fleet.ts";
import { active, keyOf, TrustingFleet } from "./trusting_fleet.ts";

testWith(
  AWS,
  "other code under the name of the blessed revision is downloaded, and never unpacked into its place",
  async () => {
    await using all = await TrustingFleet.start();
    const { attacker, fleet } = all;
    const web = all.machine("web");
    const first = await all.release("one");
    await all.syncs(web, first);
    const second = await all.release("two");
    const { metadata } = await attacker.steal(keyOf(second));
    await attacker.put({ key: keyOf(second), path: await all.pack("bad"), metadata });
    const what = "object";
    const why = "does not have the bytes that were signed";
    await all.refuses(web, { runs: first, what, why, syncs: 2 });
    // No matter what the metadata says of the bytes: only what was blessed counts.
    await attacker.put({ key: keyOf(second), path: await all.pack("bad"), metadata: {} });
    // A new machine takes what was blessed before, as it is signed, too, and runs nothing.
    const fresh = all.machine("new");
    const { code, stderr } = await fresh.ftl(["sync"]);
    assertEquals(
      [code, active(fresh), fresh.names("a/revs")],
      [5, undefined, [idOf(first)]],
      stderr,
    );
    fleet.server.clearLog();
    // Endless data: 32 MiB where 10 KiB were signed.
    await attacker.putText(keyOf(second), new Uint8Array(32 << 20), metadata);
    const larger = `${keyOf(second)} is not what was blessed`;
    await all.refuses(web, { runs: first, what, why: larger });
    assertEquals(all.asked("GetObject"), []);
    assertEquals(all.ran, ["one"]);
  },
);

testWith(
  AWS,
  "a candidate that the attacker adds is not fetched, and its script does not run",
  async () => {
    await using all = await TrustingFleet.start();
    const { attacker, fleet } = all;
    const web = all.machine("web");
    const first = await all.release("one");
    await all.syncs(web, first);
    const { metadata } = await attacker.steal(keyOf(first));
    const newer = "a.z00000000";
    for (const claims of [{}, metadata]) {
      await attacker.put({ key: keyOf(newer), path: await all.pack("bad"), metadata: claims });
      fleet.server.clearLog();
      const told = await all.syncs(web, first);
      assertStringIncludes(told, "a: 1 revision is not trusted, and not fetched: a.z00000000: ");
      assertEquals([all.asked("GetObject"), all.asked("HeadObject")], [[], [keyOf(newer)]]);
    }
    // The local jump works with what is here, and the attacker's revision is not.
    assertEquals((await web.ftl(["jump", newer])).code, 3);
    assertEquals([web.names("a/revs"), all.ran], [[idOf(first)], ["one"]]);
  },
);

testWith(
  AWS,
  "a true object under another name, for another package or in another bucket, is nobody's",
  async () => {
    await using all = await TrustingFleet.start();
    const { attacker } = all;
    const web = all.machine("web");
    const [first, candidate] = [await all.release("one"), await all.build("two")];
    // Copies keep the metadata, and so the true signature.
    await attacker.copy(keyOf(candidate), "a.z00000000.tar");
    await attacker.copy(keyOf(candidate), `${candidate}.tgz`);
    await attacker.copy(keyOf(candidate), "b.z00000000.tar");
    await attacker.remove(keyOf(candidate));
    const told = await all.syncs(web, first);
    assertStringIncludes(told, "it is of something else, or what it signed was changed");
    assertEquals([web.names("a/revs"), all.ran], [[idOf(first)], ["one"]]);

    // Of the same id with another ending, and first in the listing.
    await attacker.put({ key: `${first}.aaa.tar`, path: await all.pack("bad"), metadata: {} });
    await all.syncs(all.machine("new"), first);
    assertEquals(all.ran, ["one"]);

    const other = all.fleet.machine("other", ["b"], { FTL_TRUST: all.trustFile });
    const rev = await attacker.steal("a.rev");
    const renamed = new TextDecoder().decode(Deno.readFileSync(rev.path)).replace(/^a/, "b");
    await attacker.copy(keyOf(first), keyOf(first).replace(/^a/, "b"));
    const key = keyOf(first).replace(/^a/, "b");
    const claims = { ...rev.metadata, "ftl-key": key };
    for (
      const [text, metadata] of [[`a${renamed.slice(1)}`, rev.metadata], [renamed, rev.metadata], [
        renamed,
        claims,
      ]] as const
    ) {
      await attacker.putText("b.rev", text, metadata);
      const { code, stderr } = await other.ftl(["sync"]);
      assertEquals(
        [code, other.names("b/revs"), other.link("b/current")],
        [5, [], undefined],
        stderr,
      );
    }
    assertEquals(all.ran, ["one"]);
    const mirror = all.machine("mirror", { FTL_TRUST_BUCKET: "staging" });
    await all.refuses(mirror, { runs: undefined, why: "signature 1 (ann@example.com, SHA256:" });
  },
);

testWith(AWS, "a pointer that the attacker writes or changes is not obeyed", async () => {
  await using all = await TrustingFleet.start();
  const { attacker } = all;
  const web = all.machine("web");
  const first = await all.release("one");
  await all.syncs(web, first);
  await attacker.put({ key: keyOf("a.z00000000"), path: await all.pack("bad"), metadata: {} });
  const { metadata } = await attacker.steal("a.rev");
  const unsigned = withoutSignatures(metadata);
  const claims: [text: string, metadata: Record<string, string>, why: string][] = [
    [
      "a.z00000000",
      {},
      "a.rev is not trusted: it is not signed: was it written by an older ftl, or without FTL_SIGN_KEY?",
    ],
    ["a.z00000000", metadata, "a.rev in S3 names a.z00000000, and the object of another revision"],
    [
      "a.z00000000",
      { ...metadata, "ftl-key": "a.z00000000.tar" },
      "it is of something else, or what it signed was changed",
    ],
    [
      first,
      { ...metadata, "ftl-next": "z00000000", "ftl-rollout": "id=1 cut=1" },
      "a.rev is not trusted: a.rev in S3 has no ftl-next-sha256",
    ],
    [
      first,
      { ...metadata, "ftl-stopped": "z00000000" },
      "it is of something else, or what it signed was changed",
    ],
    [first, unsigned, "a.rev is not trusted: it is not signed"],
    [`${first}\n`, metadata, "a.rev is not trusted: a.rev in S3 names no revision of a"],
  ];
  for (const [text, claimed, why] of claims) {
    await attacker.putText("a.rev", text, claimed);
    await all.refuses(web, { runs: first, why });
  }
  // Also for a sync that reads only the pointer, and for one that follows.
  for (const args of [["--list-every", "3600"], ["--follow"], ["--dry-run"]]) {
    const { code, stderr } = await web.ftl(["sync", ...args]);
    assertEquals([code, active(web)], [5, first], stderr);
  }
  await all.bless(first);
  await all.syncs(web, first);
  assertEquals(all.ran, ["one"]);
});
