/** Attacks on a fleet that trusts signatures, with what was truly signed: old blessings, and those of stolen keys. */
import { assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { testWith } from "../required_program.ts";
import type { Person } from "../trust/people.ts";
import { withoutSignatures } from "../../src/revision/metadata.ts";
import { blessingStatement } from "../../src/trust/statement.ts";
import { aPackage } from "../names.ts";
import { AWS, type Metadata, type Stolen } from "./attacker.ts";
import { idOf } from "./fleet.ts";
import { keyOf, TrustingFleet } from "./trusting_fleet.ts";

testWith(
  AWS,
  "an old blessing is refused where a newer one was obeyed, also after the pointer was gone",
  async () => {
    await using all = await TrustingFleet.start();
    const { attacker } = all;
    const web = all.machine("web", { FTL_KEEP: "0" });
    const first = await all.release("one");
    const old = await attacker.steal("a.rev");
    const since = new Date().toISOString();
    const second = await all.release("two");
    await all.syncs(web, second);
    const current = await attacker.steal("a.rev");
    const known = web.read("a/.ftl/trust.json");
    const older = "and this machine has obeyed one of";
    await attacker.put(old);
    await all.refuses(web, { runs: second, why: older, syncs: 2 });

    await attacker.remove("a.rev");
    await all.syncs(web, second);
    await attacker.put(old);
    await all.refuses(web, { runs: second, why: older });

    // In the place of the pointer of the Go original, which FTL takes if there is no other.
    await attacker.remove("a.rev");
    await attacker.put({ ...old, key: "a.current" });
    await all.refuses(web, { runs: second, why: "a.rev is not trusted" });
    await attacker.remove("a.current");
    await attacker.put(old);

    // A new machine knows no newer one, unless it is told.
    await all.syncs(all.machine("new"), first);
    const why = `before FTL_TRUST_SINCE, ${since}`;
    await all.refuses(all.machine("floored", { FTL_TRUST_SINCE: since }), { runs: undefined, why });
    const baked = all.machine("baked");
    Deno.mkdirSync(`${baked.root}/a/.ftl`);
    Deno.writeTextFileSync(`${baked.root}/a/.ftl/trust.json`, known);
    await all.refuses(baked, { runs: undefined, why: older });

    // Who withholds news shows what is known.
    await attacker.put(current);
    for (const machine of [web, baked]) await all.syncs(machine, second);
    assertEquals(web.read("a/.ftl/trust.json"), known);
  },
);

testWith(
  AWS,
  "whoever has one key to bless is not two people, and cannot end all later blessings",
  async () => {
    await using all = await TrustingFleet.start();
    const { attacker, ann, bob, eve } = all;
    const two = { FTL_TRUST_THRESHOLD: "2" };
    const [web, careful] = [all.machine("web"), all.machine("careful", two)];
    const first = await all.release("one");
    await all.bless(first, bob);
    for (const machine of [web, careful]) await all.syncs(machine, first);
    const good = await attacker.steal("a.rev");
    assertEquals(Object.keys(signatures(good.metadata)), ["ftl-sig-1", "ftl-sig-2"]);

    // The same person twice, and somebody whom nobody trusts.
    const serial = Number(good.metadata["ftl-serial"]);
    const stolen = (more: Metadata, ...by: Person[]): Stolen => signed(good, more, by);
    await attacker.put(stolen({ "ftl-serial": String(serial + 1) }, ann, ann, eve));
    await all.refuses(careful, {
      runs: first,
      why: "1 of 2 people have signed it: ann@example.com; signature 3",
    });
    const another = stolen({ "ftl-message": "other" }, ann, bob);
    await attacker.put(another);
    await all.refuses(careful, {
      runs: first,
      why: "as the one that this machine has obeyed, and says something else",
    });
    // Signatures in another order, one of them twice, and one that was dropped.
    const { "ftl-sig-1": one = "", "ftl-sig-2": other = "", ...rest } = good.metadata;
    await attacker.put({
      ...good,
      metadata: { ...rest, "ftl-sig-1": other, "ftl-sig-3": one, "ftl-sig-7": one },
    });
    for (const machine of [web, careful]) await all.syncs(machine, first);
    await attacker.put({ ...good, metadata: { ...rest, "ftl-sig-1": one, "ftl-sig-2": one } });
    await all.refuses(careful, {
      runs: first,
      why: "1 of 2 people have signed it: ann@example.com",
    });

    await attacker.put(stolen({ "ftl-serial": String(Date.UTC(3000, 0, 1)) }, ann, bob));
    for (const machine of [web, careful]) {
      await all.refuses(machine, {
        runs: first,
        why: "more than a day ahead of this machine's clock",
      });
    }
    // Who blesses then does not follow a serial of that kind.
    const second = await all.build("two");
    await all.bless(second, bob, { FTL_TRUST: `${bob.publicKey},${all.ci.publicKey}` });
    await all.syncs(web, second);
    await all.refuses(careful, {
      runs: first,
      why: "1 of 2 people have signed it: bob@example.com",
    });
    await all.bless(second, ann);
    await all.syncs(careful, second);
    assertEquals(all.ran, ["one", "two"]);
  },
);

testWith(
  AWS,
  "the candidate of a rollout cannot be swapped, and forged marks only halt it",
  async () => {
    await using all = await TrustingFleet.start();
    const { attacker, fleet } = all;
    const web = all.machine("web", { FTL_GROUP: "canary", FTL_KEEP: "0" });
    const first = await all.release("one");
    await all.syncs(web, first);
    const [next, other] = [await all.build("two"), await all.build("three")];
    const stage = ["jump", "--master", next, "--group", "canary", "--halt", "1"];
    await fleet.ok(stage, { env: all.as(all.ann) });
    const rev = await attacker.steal("a.rev");
    const { metadata } = await attacker.steal(keyOf(other));
    const swapped = {
      ...rev.metadata,
      "ftl-next": idOf(other),
      "ftl-next-key": keyOf(other),
      "ftl-next-sha256": metadata["ftl-sha256"] ?? "",
    };
    await attacker.put({ ...rev, metadata: swapped });
    await all.refuses(web, {
      runs: first,
      why: "it is of something else, or what it signed was changed",
    });
    const wide = { ...rev.metadata, "ftl-rollout": "id=1 cut=1 at=1" };
    await attacker.put({ ...rev, metadata: wide });
    await all.refuses(web, {
      runs: first,
      why: "it is of something else, or what it signed was changed",
    });
    await attacker.put(rev);
    const object = await attacker.steal(keyOf(next));
    await attacker.put({ ...object, path: await all.pack("bad") });
    await all.refuses(web, {
      runs: first,
      what: "object",
      why: "does not have the bytes that were signed",
    });
    await attacker.put(object);
    // With a machine's rights: a mark that the candidate has failed elsewhere.
    const [, id = ""] = /id=([0-9]+)/.exec(decodeURIComponent(rev.metadata["ftl-rollout"] ?? "")) ??
      [];
    const mark = `.ftl/rollout/a/${id}/failed/i-forged`;
    await attacker.putText(mark, "");
    assertMatch(await all.syncs(web, first), /halt/);
    await attacker.remove(mark);
    // It is held ready, as the pointer names it.
    assertEquals(all.ran, ["one", "two"]);
  },
);

testWith(
  AWS,
  "whoever has a key to spool can run a candidate's script, unless nothing unblessed is fetched",
  async () => {
    await using all = await TrustingFleet.start();
    const { fleet, ann } = all;
    const first = await all.release("one");
    const [web, strict] = [all.machine("web"), all.machine("strict", { FTL_KEEP: "0" })];
    for (const machine of [web, strict]) await all.syncs(machine, first);
    const candidate = await all.build("stolen");
    await all.syncs(strict, first);
    assertEquals(all.ran, ["one"]);
    await all.syncs(web, first);
    assertEquals(all.ran, ["one", "stolen"]);
    // What it blesses is refused, and so is what a key to bless spools.
    const asCi = { FTL_SIGN_KEY: all.ci.privateKey };
    await fleet.ok(["jump", "--master", candidate], { env: asCi });
    const why = "(ci@example.com, SHA256:";
    await all.refuses(web, { runs: first, why });
    await all.bless(first);
    const asAnn = { FTL_SIGN_KEY: ann.privateKey };
    const spooled = await fleet.ok(["spool", await all.pack("bad")], { env: asAnn });
    const told = await all.syncs(web, first);
    assertStringIncludes(told, `${spooled}: signature 1 (ann@example.com, SHA256:`);
    assertEquals(all.ran, ["one", "stolen"]);
  },
);

function signatures(metadata: Metadata): Metadata {
  return Object.fromEntries(
    Object.entries(metadata).filter(([name]) => name.startsWith("ftl-sig-")),
  );
}

/** The pointer with other metadata, signed by whoever has these keys. */
function signed({ key, path, metadata }: Stolen, more: Metadata, by: readonly Person[]): Stolen {
  const claimed = {
    ...withoutSignatures(metadata),
    ...more,
  };
  const text = Deno.readTextFileSync(path);
  const statement = blessingStatement({
    bucket: "deploys",
    package: aPackage("a"),
    text,
    metadata: claimed,
  });
  const made = by.map(({ sign }, i) => [`ftl-sig-${i + 1}`, sign(statement)]);
  return { key, path, metadata: { ...claimed, ...Object.fromEntries(made) } };
}
