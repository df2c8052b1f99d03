/** What is signed when somebody spools, blesses, rolls out or goes back. By whole commands. */
import { jumpMaster } from "../../mod.ts";
import { IntegrityError, UntrustedError, UsageError } from "../../src/errors.ts";
import { isSigned } from "../../src/revision/metadata.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { idOf, SigningFleet } from "./signing_fleet.ts";

Deno.test("what is spooled and blessed is signed, by whom it should be", async () => {
  using all = new SigningFleet();
  const [old, next] = await all.revisions(2);
  assert(old !== undefined && next !== undefined);
  assertEquals(await all.signers(old), ["ci"]);
  await all.bless(all.as("ann"), old, { message: "the first one" });
  assertEquals([await all.text, await all.signers()], [old, ["ann"]]);
  await all.stage(all.as("ann"), next, { size: { percent: 10 } });
  assertEquals([(await all.metadata())["ftl-next"], await all.signers()], [idOf(next), ["ann"]]);
  await all.stage(all.as("bob"), next, { size: { percent: 50 } });
  assertEquals(await all.signers(), ["bob"]);
  await all.back(all.as("ann"));
  assertEquals([(await all.metadata())["ftl-stopped"], await all.signers()], [idOf(next), ["ann"]]);
  await all.bless(all.as("bob"), next);
  assertEquals([await all.text, await all.signers()], [next, ["bob"]]);
  await all.back(all.as("bob"));
  assertEquals([await all.text, await all.signers()], [old, ["bob"]]);
  assertEquals(all.warnings.filter((warning) => warning.includes("sign")), []);
});

Deno.test("an empty message is none, so that it can be signed", async () => {
  using all = new SigningFleet();
  const [old] = await all.revisions(1);
  assert(old !== undefined);
  await all.bless(all.as("ann"), old, { message: "" });
  assertEquals([(await all.metadata())["ftl-message"], await all.signers()], [undefined, ["ann"]]);
});

Deno.test("without FTL_TRUST only the own key is trusted", async () => {
  using all = new SigningFleet();
  const [mine, other] = [...await all.revisions(1, all.alone("ann")), ...await all.revisions(1)];
  assert(mine !== undefined && other !== undefined);
  await all.bless(all.alone("ann"), mine);
  assertEquals(await all.signers(), ["ann"]);
  const refused = await assertRejects(() => jumpMaster(all.alone("ann"), other), IntegrityError);
  assertMatch(
    refused.message,
    /^a\.\S+ is not trusted: signature 1 \(SHA256:\S+\): nobody who is trusted has the key/,
  );
  assertMatch(
    refused.hint ?? "",
    /\. Only the key of FTL_SIGN_KEY is trusted: to trust others, set FTL_TRUST to who may sign$/,
  );
  assertEquals([await all.text, await all.signers()], [mine, ["ann"]]);
});

Deno.test("a signed package is not blessed unsigned by habit, in no way", async () => {
  using all = new SigningFleet();
  const [old, next] = await all.revisions(2);
  assert(old !== undefined && next !== undefined);
  for (const revision of [next, old]) await all.bless(all.as("ann"), revision);
  const before = await all.metadata();
  const habits = [
    () => all.bless(all.context(), next),
    () => all.stage(all.context(), next, { size: { percent: 10 } }),
    () => all.back(all.context()),
  ];
  for (const habit of habits) {
    const refused = await assertRejects(habit, UsageError);
    assertEquals(refused.message, "a is signed: set FTL_SIGN_KEY");
  }
  await all.stage(all.as("ann"), next, { size: { percent: 10 } });
  await assertRejects(() => all.back(all.context()), UsageError, "a is signed");
  // What needs no write needs no key.
  await all.bless(all.as("ann"), old);
  await all.bless(all.context(), old);
  assertEquals((await all.metadata())["ftl-blessed"], before["ftl-blessed"]);
  assertEquals(all.warnings.filter((warning) => warning.startsWith(old)), [
    `${old} is blessed already, and nothing was signed: FTL_SIGN_KEY is not set`,
  ]);
});

Deno.test("nobody vouches for a revision that an intruder put there, or swapped", async () => {
  using all = new SigningFleet();
  const [old, unsigned] = [...await all.revisions(1), ...await all.revisions(1, all.context())];
  const [swapped] = await all.revisions(1);
  assert(old !== undefined && unsigned !== undefined && swapped !== undefined);
  await all.bless(all.as("ann"), old);
  const { metadata = {} } = await all.bucket.head(`${swapped}.tgz`) ?? {};
  await all.bucket.put(`${swapped}.tgz`, "evil", { metadata });
  for (
    const [revision, verdict, why] of [
      [unsigned, "unsigned", /^Nobody has signed what was spooled: a\./],
      [
        swapped,
        "refused",
        /^a\.\S+ is not trusted: signature 1 \(ci, SHA256:\S+\): it is of something else/,
      ],
    ] as const
  ) {
    for (
      const change of [
        () => all.bless(all.as("ann"), revision),
        () => all.stage(all.as("ann"), revision, { size: { percent: 10 } }),
      ]
    ) {
      const refused = await assertRejects(change, UntrustedError);
      assertMatch(refused.message, why);
      assertEquals(refused.verdict, verdict);
      assertEquals(
        refused.hint,
        `Look at it (ftl verify --master ${revision}), then spool it signed: with FTL_SIGN_KEY`,
      );
    }
  }
  assertEquals(await all.text, old);
});

Deno.test("a step, a stop and a way back follow no pointer that is not trusted", async () => {
  using all = new SigningFleet();
  const [old, next] = await all.revisions(2);
  assert(old !== undefined && next !== undefined);
  for (const revision of [next, old]) await all.bless(all.as("ann"), revision);
  await all.stage(all.as("ann"), next, { size: { percent: 10 } });
  await all.tamper({ "ftl-rollout": `${(await all.metadata())["ftl-rollout"]} group=all` });
  const follow = [
    () => all.stage(all.as("ann"), next, { size: { percent: 20 } }),
    () => all.back(all.as("ann")),
  ];
  for (const change of follow) {
    const refused = await assertRejects(change, IntegrityError);
    assertMatch(
      refused.message,
      /^a\.rev is not trusted: signature 1 \(ann, SHA256:\S+\): it is of/,
    );
    assertEquals(
      refused.hint,
      "Look at it (ftl verify --master a), then bless for all first: ftl jump --master a.<id>",
    );
  }
  // For all it takes nothing from it but what is replaced.
  await all.bless(all.as("ann"), next);
  const { "ftl-serial": serial, "ftl-blessed": since, "ftl-replaced": replaced } = await all
    .metadata();
  assertEquals([since, replaced, await all.signers()], [serial, idOf(old), ["ann"]]);
  await all.tamper({ "ftl-replaced": idOf(next) });
  await assertRejects(() => all.back(all.as("ann")), IntegrityError, "a.rev is not trusted");
});

Deno.test("a serial of an intruder in the year 3000 does not carry over into what is signed", async () => {
  using all = new SigningFleet();
  const [old, next] = await all.revisions(2);
  assert(old !== undefined && next !== undefined);
  await all.bless(all.as("ann"), old);
  for (const [by, year] of [[all.as("ann"), 3000], [all.alone("ci"), 3001]] as const) {
    await all.tamper({ "ftl-serial": String(Date.UTC(year)) });
    await all.bless(by, next);
    const serial = Number((await all.metadata())["ftl-serial"]);
    assert(serial <= all.now && serial > all.now - 60_000, String(serial));
  }
});

Deno.test("the thief of a key cannot push the serials of others into the future", async () => {
  using all = new SigningFleet();
  const [old, next] = await all.revisions(2);
  assert(old !== undefined && next !== undefined);
  const now = all.now;
  all.now = Date.UTC(3000);
  await all.bless(all.as("bob"), old);
  all.now = now;
  const step = () => all.stage(all.as("ann"), next, { size: { percent: 10 } });
  const refused = await assertRejects(step, UntrustedError);
  assertEquals(refused.verdict, "from-the-future");
  assertMatch(refused.message, /^a\.rev is not trusted: it is of 3000-\S+, more than a day ahead/);
  await all.bless(all.as("ann"), next);
  assert(Number((await all.metadata())["ftl-serial"]) <= all.now);
});

Deno.test("what was blessed unsigned is signed when it is blessed again, as the same blessing", async () => {
  using all = new SigningFleet();
  const [old, next] = await all.revisions(2);
  assert(old !== undefined && next !== undefined);
  for (const revision of [old, next]) await all.bless(all.context(), revision);
  const before = await all.metadata();
  assert(!isSigned(before));
  await all.bless(all.as("ann"), next);
  const after = await all.metadata();
  assertEquals(await all.signers(), ["ann"]);
  assertEquals(
    [after["ftl-blessed"], after["ftl-replaced"]],
    [before["ftl-blessed"], before["ftl-replaced"]],
  );
  assert(Number(after["ftl-serial"]) > Number(before["ftl-serial"]));
});

Deno.test("a key that FTL_TRUST does not let bless is told before anything is sent", async () => {
  using all = new SigningFleet();
  const [old] = await all.revisions(1);
  assert(old !== undefined);
  for (const person of ["eve", "ci"] as const) {
    const refused = await assertRejects(() => all.bless(all.as(person), old), UsageError);
    assertMatch(refused.message, /^FTL_TRUST does not take what FTL_SIGN_KEY signed: signature 1/);
  }
  assertEquals(await all.text, undefined);
});

Deno.test("a key that FTL_TRUST does not let spool is told before anything is sent", async () => {
  using all = new SigningFleet();
  for (const person of ["eve", "ann"] as const) {
    const refused = await assertRejects(() => all.revisions(1, all.as(person)), UsageError);
    assertMatch(refused.message, /^FTL_TRUST does not take what FTL_SIGN_KEY signed: signature 1/);
  }
  assertEquals(await all.bucket.list(""), []);
  await all.revisions(1, all.alone("eve"));
});

Deno.test("who signs must be able to read the revision, and who does not sign need not", async () => {
  using all = new SigningFleet();
  const [old] = await all.revisions(1);
  assert(old !== undefined);
  all.bucket.deny("head", 1);
  await assertRejects(() => all.bless(all.as("ann"), old), Error, "head is denied");
  all.bucket.deny("head", 1);
  await all.bless(all.context(), old);
  assertEquals(await all.text, old);
});

Deno.test("the bucket that is signed for may be named, where another one is written to", async () => {
  using all = new SigningFleet();
  const env = { FTL_TRUST_BUCKET: "origin" };
  const [old] = await all.revisions(1, all.as("ci", env));
  assert(old !== undefined);
  await all.bless(all.as("ann", env), old);
  assertEquals(await all.signers(), []);
  await assertRejects(() => all.bless(all.as("ann"), old), IntegrityError, "is not trusted");
});
