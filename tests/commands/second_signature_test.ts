/** A second person signs what somebody else has blessed or rolled out. By whole commands. */
import { history, stageMaster, sync } from "../../mod.ts";
import { ConflictError, UsageError } from "../../src/errors.ts";
import type { RevisionName } from "../../src/revision/names.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { SigningFleet } from "./signing_fleet.ts";

const HALF = { size: { percent: 50 } };
const TWO = { FTL_TRUST_THRESHOLD: "2" };

/** With a blessed revision, and another one. */
async function blessed(all: SigningFleet): Promise<[old: RevisionName, next: RevisionName]> {
  const [old, next] = await all.revisions(2);
  assert(old !== undefined && next !== undefined);
  await all.bless(all.as("ann"), old);
  return [old, next];
}

/** All that is signed, and where it stands in the history. */
async function stated(all: SigningFleet): Promise<unknown> {
  const { changes } = await history(all.context(), "a");
  const entries = Object.entries(await all.metadata()).filter(([name]) => !/^ftl-sig-/.test(name));
  return [await all.text, Object.fromEntries(entries), changes];
}

/** Does something else before the next object of such a key is written. */
function beforeNextPut(
  { bucket }: SigningFleet,
  isIt: (key: string) => boolean,
  act: () => Promise<unknown>,
): void {
  const put = bucket.put.bind(bucket);
  bucket.put = async (key, ...rest) => {
    if (!isIt(key)) return await put(key, ...rest);
    bucket.put = put;
    await act();
    return await put(key, ...rest);
  };
}

function people(all: SigningFleet): number[] {
  return all.events.flatMap((event) => event.type === "signed" ? [event.people] : []);
}

Deno.test("a second person signs what is blessed: nothing else changes, and the next change has its turn", async () => {
  using all = new SigningFleet();
  const [old, next] = await blessed(all);
  const before = await stated(all);
  await all.bless(all.as("bob"), old);
  assertEquals([await all.signers(), people(all)], [["ann", "bob"], [2]]);
  assertEquals(await stated(all), before);
  const written = all.now;
  await all.bless(all.as("bob"), next);
  assertEquals([await all.text, await all.signers()], [next, ["bob"]]);
  assert(all.now - written < 25_000, "the next change has waited for a turn that nobody has");
});

Deno.test("who signs twice changes nothing, and is told", async () => {
  using all = new SigningFleet();
  const [old, next] = await blessed(all);
  for (const by of [all.as("ann"), all.alone("ann")]) {
    await all.bless(by, old).catch((error) => assertMatch(String(error), /Without|not trusted/));
  }
  assertEquals(await all.signers(), ["ann"]);
  assertEquals(all.warnings, [
    `${old} is blessed already, and signed with this key: nothing was changed`,
  ]);
  await all.stage(all.as("ann"), next, { ...HALF, halt: 1 });
  const before = await all.metadata();
  await all.stage(all.as("ann"), next, HALF);
  assertEquals(await all.metadata(), before);
  assertEquals(
    all.warnings.at(-1),
    `${next} is rolled out so already, and signed with this key: nothing was changed`,
  );
});

Deno.test("who blesses alone, without FTL_TRUST, signs nothing twice either", async () => {
  using all = new SigningFleet();
  const [only] = await all.revisions(1, all.alone("ann"));
  assert(only !== undefined);
  await all.bless(all.alone("ann"), only);
  const before = await all.metadata();
  await all.bless(all.alone("ann"), only);
  assertEquals(await all.metadata(), before);
});

Deno.test("without FTL_TRUST a pointer of somebody else is not added to, but signed anew", async () => {
  using all = new SigningFleet();
  const [only] = await all.revisions(1, all.alone("bob"));
  assert(only !== undefined);
  await all.spoolOver(only, "bob", "ann");
  await all.bless(all.alone("bob"), only);
  const before = await all.metadata();
  await all.bless(all.alone("ann"), only);
  const after = await all.metadata();
  assertEquals([await all.signers(), people(all)], [["ann"], []]);
  assert(Number(after["ftl-serial"]) > Number(before["ftl-serial"]));
  assertEquals(after["ftl-blessed"], after["ftl-serial"]);
});

Deno.test("the same step by a second person adds a signature, and any other is a step", async () => {
  using all = new SigningFleet();
  const [, next] = await blessed(all);
  await all.stage(all.as("ann"), next, { ...HALF, halt: 3 });
  const before = await stated(all);
  await all.stage(all.as("bob"), next, HALF);
  assertEquals([await all.signers(), people(all)], [["ann", "bob"], [2]]);
  assertEquals(await stated(all), before);
  await all.stage(all.as("bob"), next, { ...HALF, halt: 4 });
  assertEquals(await all.signers(), ["bob"]);
});

Deno.test("with a threshold each write says how many signatures are missing", async () => {
  using all = new SigningFleet();
  const [old, next] = await all.revisions(2);
  assert(old !== undefined && next !== undefined);
  await all.bless(all.as("ann", TWO), old);
  const needs = (revision: string, how = "") =>
    `${revision} needs 1 more signature: ftl jump --master ${revision}${how} by another person`;
  assertEquals(all.warnings, [needs(old)]);
  await all.bless(all.as("bob", TWO), old);
  assertEquals(all.warnings, [needs(old)]);
  // Half of the people are enough for a next step: who takes it signs for it alone.
  await all.stage(all.as("bob", TWO), next, { ...HALF, groups: ["canary"] });
  assert(all.warnings.includes(needs(next, " with the same numbers,")));
  await all.back(all.as("ann", TWO));
  assertEquals(all.warnings.at(-1), needs(old));
});

Deno.test("two people who sign at the same moment are both counted", async () => {
  using all = new SigningFleet();
  const [old] = await all.revisions(1, all.as("ci"));
  assert(old !== undefined);
  await all.bless(all.as("ann"), old);
  const before = await stated(all);
  all.events.length = 0;
  const third = all.third();
  await Promise.all([all.bless(all.as("bob"), old), all.bless(third, old)]);
  assertEquals([(await all.signers()).sort(), people(all)], [["ann", "bob", "eve"], [2, 3]]);
  assertEquals(await stated(all), before);
});

Deno.test("a step of who has read the pointer before a second person signed it goes on, and replaces both", async () => {
  using all = new SigningFleet();
  const [, next] = await blessed(all);
  await all.stage(all.as("ann"), next, { ...HALF, halt: 3 });
  beforeNextPut(all, () => true, () => all.stage(all.as("bob"), next, HALF));
  await all.stage(all.as("ann"), next, { size: { percent: 90 } });
  assertEquals([people(all), await all.signers()], [[2], ["ann"]]);
  assertMatch((await all.metadata())["ftl-rollout"] ?? "", /cut=0\.9/);
});

Deno.test("a step that comes while a second person signs waits for its turn, and is not lost", async () => {
  using all = new SigningFleet();
  const [, next] = await blessed(all);
  await all.stage(all.as("ann"), next, { ...HALF, halt: 3 });
  let step: Promise<void> | undefined;
  const waits = Promise.withResolvers<void>();
  const report = all.events.push.bind(all.events);
  all.events.push = (...events) => {
    if (events.some((one) => one.type === "warning" && one.message.includes("waiting"))) {
      waits.resolve();
    }
    return report(...events);
  };
  // The turn is taken, and the pointer is about to be written.
  beforeNextPut(all, (key) => key === "a.rev", () => {
    step = all.stage(all.as("ann"), next, { size: { percent: 90 } });
    return waits.promise;
  });
  await all.stage(all.as("bob"), next, HALF);
  await step;
  assertEquals([people(all), await all.signers()], [[2], ["ann"]]);
  assertMatch((await all.metadata())["ftl-rollout"] ?? "", /cut=0\.9/);
});

Deno.test("who signs for minutes, while another one changes the pointer, is told and signs nothing", async () => {
  using all = new SigningFleet();
  const [old, next] = await blessed(all);
  // Right before the turn, which comes after the signature.
  beforeNextPut(all, () => true, () => all.bless(all.as("ann"), next));
  const lost = await assertRejects(() => all.bless(all.as("bob"), old), ConflictError);
  assertMatch(lost.message, /^Somebody else was faster: a\.\S+ was blessed by dev@laptop$/);
  assertEquals([await all.text, await all.signers()], [next, ["ann"]]);
});

Deno.test("a pointer without room for one more signature says how to go on", async () => {
  using all = new SigningFleet();
  const [old, next] = await blessed(all);
  const full = async (change: () => Promise<unknown>, how: string): Promise<void> => {
    const refused = await assertRejects(change, UsageError);
    assertEquals(refused.message, "a.rev has no room for one more signature");
    assertEquals(refused.hint, `Bless it anew, for all to sign again: ftl jump --master ${how}`);
  };
  // Who can write to the bucket takes the last number.
  await all.tamper({ "ftl-sig-99": "AAAA" });
  await full(() => all.bless(all.as("bob"), old), `${old} --again`);
  await all.bless(all.as("bob"), old, { again: true });
  assertEquals(await all.signers(), ["bob"]);
  const groups = ["a", "b"].map((letter) => letter.repeat(100));
  const message = "x".repeat(1000);
  await stageMaster(all.as("ann"), next, { request: { ...HALF, groups }, message });
  const same = () => all.stage(all.as("bob"), next, HALF);
  await full(same, `${next} --again, with the same numbers`);
  assertEquals(await all.signers(), ["ann"]);
});

Deno.test("a second person signs no pointer that names another object than there is", async () => {
  using all = new SigningFleet();
  const [old] = await all.revisions(1);
  assert(old !== undefined);
  await all.bless(all.as("ann"), old);
  // The same revision was spooled once more, by who may spool, with other content.
  await all.spoolOver(old, "ci");
  const refused = await assertRejects(() => all.bless(all.as("bob"), old), Error);
  assertMatch(refused.message, /^a\.rev names another object than S3 has of a\./);
  assertEquals(await all.signers(), ["ann"]);
});

Deno.test("a machine that wants two signatures obeys once the second person has signed, in each way to ask", async () => {
  using all = new SigningFleet();
  const [old, next] = await all.revisions(2);
  assert(old !== undefined && next !== undefined);
  const machine = all.machine("i-1", TWO);
  const active = async (): Promise<unknown> => {
    const [synced] = await sync(machine);
    return synced?.failures.length === 0 ? synced.active : synced?.failures.map(String);
  };
  const refused = (found: unknown): void =>
    assertMatch(String(found), /a\.rev is not trusted: 1 of 2 people have signed it: (ann|bob)/);
  await all.bless(all.as("ann", TWO), old);
  refused(await active());
  await all.bless(all.as("bob", TWO), old);
  assertEquals(await active(), old);
  await all.stage(all.as("bob", TWO), next, { size: { percent: 100 }, halt: 1 });
  refused(await active());
  await all.stage(all.as("ann", TWO), next, { size: { percent: 100 } });
  assertEquals(await active(), next);
  await all.back(all.as("ann", TWO));
  refused(await active());
  await all.bless(all.as("bob", TWO), old);
  assertEquals(await active(), old);
});
