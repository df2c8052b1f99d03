/**
 * Pointers that somebody who can write to the bucket puts in place of the blessed one: see the attacks in docs/trust.md.
 * The file is long because each attack is a test.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { FtlError } from "../../src/errors.ts";
import type { Context } from "../../src/context.ts";
import { type Metadata, withoutSignatures } from "../../src/revision/metadata.ts";
import type { RevisionName } from "../../src/revision/names.ts";
import { readPointerState } from "../../src/machine/state.ts";
import { readKnownBlessing } from "../../src/machine/trust/state.ts";
import { lineOf } from "../trust/people.ts";
import { dirOf, idOf, keyOf, SignedFleet } from "./signed_fleet.ts";

const DAY = 86_400_000;

Deno.test("an old blessing that is put back is refused where a newer one was obeyed", async () => {
  using fleet = new SignedFleet();
  const { web, putBack, second } = await withTwo(fleet);
  const [kept, known] = [readPointerState(dirOf(web)), readKnownBlessing(dirOf(web))];
  putBack();
  await isRefused(fleet, web, second, "and this machine has obeyed one of");
  assertEquals(readPointerState(dirOf(web)), kept);
  assertEquals(readKnownBlessing(dirOf(web)), known);
});

Deno.test("a new machine takes an old blessing, unless it is from before FTL_TRUST_SINCE", async () => {
  using fleet = new SignedFleet();
  const { putBack, first, second } = await withTwo(fleet);
  const since = new Date(fleet.now - 2000).toISOString();
  putBack();
  assertEquals((await fleet.sync(fleet.machine("new"))).activated, first);
  const floored = fleet.machine("floored", { FTL_TRUST_SINCE: since });
  await isRefused(fleet, floored, undefined, "before FTL_TRUST_SINCE");
  // A history entry of the same serial is there already: until it is old, its writer may be about to write.
  fleet.tick(31);
  await fleet.bless(second);
  assertEquals((await fleet.sync(floored)).activated, second);
});

Deno.test("what an image has of the newest blessing keeps a new machine from older ones", async () => {
  using fleet = new SignedFleet();
  const { web, putBack } = await withTwo(fleet);
  const baked = fleet.machine("baked");
  fleet.folder("baked/a/.ftl");
  Deno.copyFileSync(dirOf(web).ownPath("trust"), dirOf(baked).ownPath("trust"));
  putBack();
  await isRefused(fleet, baked, undefined, "and this machine has obeyed one of");
});

Deno.test("another blessing of the same time is refused", async () => {
  using fleet = new SignedFleet();
  const first = await fleet.release("1");
  const web = fleet.machine();
  await fleet.sync(web);
  fleet.tick();
  change(fleet, (metadata) => ({ ...metadata, "ftl-message": "other" }));
  fleet.sign("a.rev", fleet.ann);
  await isRefused(fleet, web, first, "and says something else");
});

Deno.test("a blessing of more than a day ahead is refused, and obeyed once its day has come", async () => {
  using fleet = new SignedFleet();
  const first = await fleet.build("1");
  await fleet.bless(first);
  const serial = String(fleet.now + 2 * DAY);
  change(fleet, (metadata) => ({ ...metadata, "ftl-serial": serial }));
  fleet.sign("a.rev", fleet.ann);
  const web = fleet.machine();
  await isRefused(fleet, web, undefined, "more than a day ahead");
  fleet.now += 2 * DAY;
  assertEquals((await fleet.sync(web)).activated, first);
  fleet.now -= 2 * DAY;
  assertEquals((await fleet.sync(web)).failures, [], "a clock that goes back changes nothing");
});

Deno.test("no field of a blessing can be changed, dropped or added", async (t) => {
  using fleet = new SignedFleet();
  await fleet.release("1");
  const first = await fleet.release("2");
  const web = fleet.machine();
  await fleet.sync(web);
  const restore = fleet.bucket.snapshot("a.rev");
  let names: string[] = [];
  fleet.bucket.rewrite("a.rev", ({ metadata }) => {
    names = Object.keys(withoutSignatures(metadata));
    return {};
  });
  assert(names.length >= 8, names.join());
  const attacks: Record<string, (metadata: Metadata) => Metadata> = {
    "a new field": (metadata) => ({ ...metadata, "ftl-new": "1" }),
    "a candidate": (metadata) => ({ ...metadata, "ftl-next": idOf(first) }),
  };
  for (const name of names) {
    attacks[`${name} dropped`] = ({ [name]: _, ...rest }) => rest;
    attacks[`${name} changed`] = ({ [name]: old = "", ...rest }) => ({
      ...rest,
      [name]: old.slice(0, -1) + (old.endsWith("1") ? "2" : "1"),
    });
  }
  for (const [name, attack] of Object.entries(attacks)) {
    await t.step(name, async () => {
      fleet.tick();
      restore();
      change(fleet, attack, { signed: true });
      await isRefused(fleet, web, first, "a.rev is not trusted");
    });
  }
  fleet.tick();
  restore();
  assertEquals((await fleet.sync(web)).failures, []);
});

Deno.test("a blessing of another package, or of another bucket, is refused", async () => {
  using fleet = new SignedFleet();
  const first = await fleet.release("1");
  const mirror = fleet.machine("mirror", { FTL_TRUST_BUCKET: "original" });
  await isRefused(fleet, mirror, undefined, "signature 1 (ann@example.com");
  const named = fleet.machine("named", { FTL_TRUST_BUCKET: fleet.bucket.name });
  assertEquals((await fleet.sync(named)).activated, first);
  fleet.folder("named/b");
  fleet.bucket.snapshot("a.rev")("b.rev");
  fleet.bucket.snapshot(keyOf(first))(keyOf(first).replace(/^a/, "b"));
  const other = await fleet.sync(named, { packages: ["b"] });
  assertStringIncludes(String(other.failures), "b.rev in S3 names no revision of b");
  fleet.bucket.rewrite("b.rev", ({ bytes }) => ({ bytes: bytes.with(0, "b".charCodeAt(0)) }));
  const renamed = await fleet.sync(named, { packages: ["b"] });
  assertStringIncludes(String(renamed.failures), "and the object of another revision");
  fleet.bucket.rewrite("b.rev", ({ metadata }) => ({
    metadata: { ...metadata, "ftl-key": keyOf(first).replace(/^a/, "b") },
  }));
  const rekeyed = await fleet.sync(named, { packages: ["b"] });
  assertStringIncludes(String(rekeyed.failures), "it is of something else");
  assertEquals([other, renamed, rekeyed].flatMap(({ fetched }) => fetched), []);
});

Deno.test("a pointer that is gone takes back no blessing, and nothing is removed", async () => {
  using fleet = new SignedFleet();
  const { web, second } = await withTwo(fleet);
  await fleet.bucket.remove("a.rev");
  fleet.tick();
  const before = dirOf(web).revisions();
  const { active, failures, removed } = await fleet.sync(web, {});
  assertEquals([active, failures, removed], [second, [], []]);
  assertEquals(dirOf(web).revisions(), before);
  const trustless = fleet.machine("web", { FTL_TRUST: fleet.trustLines(lineOf(fleet.bob)) });
  await isRefused(fleet, trustless, second, "a.rev is gone");
});

Deno.test("where nothing is blessed, signed revisions are held ready, and none is activated", async () => {
  using fleet = new SignedFleet();
  const signed = await fleet.build("1");
  await fleet.unsignedBuild("2");
  const web = fleet.machine();
  const { active, fetched, failures } = await fleet.sync(web);
  assertEquals([active, fetched, failures], [undefined, [signed], []]);
  for (const content of ["3", "4", "5"]) await fleet.build(content);
  assertEquals((await fleet.sync(web)).removed, []);
});

Deno.test("a pointer of the Go original is refused", async () => {
  using fleet = new SignedFleet();
  const first = await fleet.build("1");
  await fleet.bucket.put("a.current", first, { metadata: {}, condition: { absent: true } });
  await isRefused(fleet, fleet.machine(), undefined, "it is not signed");
});

Deno.test("a threshold counts people, not signatures", async () => {
  using fleet = new SignedFleet();
  const first = await fleet.build("1");
  const web = fleet.machine("web", { FTL_TRUST_THRESHOLD: "2" });
  await fleet.bless(first, fleet.ann);
  const { failures: [few] } = await fleet.sync(web);
  assertMatch(few instanceof FtlError ? few.hint ?? "" : "", /what it runs\. Another person signs/);
  await isRefused(fleet, web, undefined, "1 of 2 people have signed it: ann@example.com");
  await fleet.bless(first, fleet.ann, fleet.ann, fleet.eve);
  await isRefused(fleet, web, undefined, "1 of 2 people have signed it: ann@example.com");
  await fleet.bless(first, fleet.eve, fleet.bob, fleet.ann);
  assertEquals((await fleet.sync(web)).activated, first);
});

Deno.test("a second signature is no news for what holds and quarantines are bound to", async () => {
  using fleet = new SignedFleet();
  await fleet.release("1");
  const web = fleet.machine();
  await fleet.sync(web);
  const before = readPointerState(dirOf(web));
  fleet.tick();
  fleet.sign("a.rev", fleet.bob);
  assertEquals((await fleet.sync(web)).failures, []);
  const after = readPointerState(dirOf(web));
  assertEquals([after?.blessing, after?.serial], [before?.blessing, before?.serial]);
  assertEquals(after?.trust?.by, ["ann@example.com", "bob@example.com"]);
});

Deno.test("after a kill between trust.json and master.json the next sync goes on, and takes nothing older", async () => {
  using fleet = new SignedFleet();
  const { web, putBack, first, second } = await withTwo(fleet);
  const newer = Deno.readTextFileSync(dirOf(web).ownPath("trust"));
  const late = fleet.machine("late");
  fleet.folder("late/a/.ftl");
  const current = fleet.bucket.snapshot("a.rev");
  putBack();
  await fleet.sync(late);
  Deno.writeTextFileSync(dirOf(late).ownPath("trust"), newer);
  await isRefused(fleet, late, first, "this machine has obeyed one of");
  fleet.tick();
  putBack();
  await isRefused(fleet, late, first, "this machine has obeyed one of");
  current();
  assertEquals((await fleet.sync(late)).activated, second);
});

Deno.test("the candidate of a rollout is what the pointer names, byte for byte", async () => {
  using fleet = new SignedFleet();
  await fleet.release("1");
  const second = await fleet.unsignedBuild("2");
  const info = await fleet.bucket.head(keyOf(second));
  await fleet.bless(await fleet.build("3"));
  fleet.tick();
  change(fleet, (metadata) => ({
    ...metadata,
    "ftl-next": idOf(second),
    "ftl-next-key": keyOf(second),
    "ftl-next-size": String(info?.size),
    "ftl-next-sha256": info?.metadata["ftl-sha256"] ?? "",
    "ftl-rollout": `id=${fleet.now} cut=1 at=${Math.floor(fleet.now / 1000)}`,
    "ftl-serial": String(fleet.now),
  }));
  fleet.sign("a.rev", fleet.ann);
  assertEquals((await fleet.sync(fleet.machine())).activated, second);
  fleet.bucket.rewrite(keyOf(second), ({ bytes }) => ({ bytes: bytes.slice(1) }));
  const late = fleet.machine("late");
  const { active, failures } = await fleet.sync(late);
  assert(active !== second);
  assertStringIncludes(String(failures), "is not what was blessed");
});

interface Two {
  readonly web: Context;
  readonly first: RevisionName;
  readonly second: RevisionName;
  /** Puts the first one's pointer back. */
  readonly putBack: () => void;
}

/** Two releases, of which the machine runs the second. */
async function withTwo(fleet: SignedFleet): Promise<Two> {
  const first = await fleet.release("1");
  const putBack = fleet.bucket.snapshot("a.rev");
  const second = await fleet.release("2");
  const web = fleet.machine();
  assertEquals((await fleet.sync(web)).activated, second);
  fleet.tick();
  return { web, first, second, putBack };
}

/** Changes the metadata of the pointer. Without `signed` it has no signatures then. */
function change(
  fleet: SignedFleet,
  how: (metadata: Metadata) => Metadata,
  { signed = false } = {},
): void {
  fleet.bucket.rewrite("a.rev", ({ metadata }) => {
    return { metadata: how(signed ? metadata : withoutSignatures(metadata)) };
  });
}

/** The machine does nothing and goes on with what it runs. */
async function isRefused(
  fleet: SignedFleet,
  machine: Context,
  runs: RevisionName | undefined,
  why: string,
): Promise<void> {
  const before = dirOf(machine).revisions();
  const { active, fetched, activated, removed, failures } = await fleet.sync(machine);
  assertEquals([active, fetched, activated, removed], [runs, [], undefined, []]);
  assertStringIncludes(SignedFleet.failures({ failures }).join(), why);
  assertEquals(failures.map((error) => (error as { exitCode?: number }).exitCode), [5]);
  assertEquals(dirOf(machine).revisions(), before);
}
