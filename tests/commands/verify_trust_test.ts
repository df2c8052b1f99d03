/** What `verify` says of signatures, here and in S3. */
import { type UntrustedError, type VerifiedObject, verify, verifyMaster } from "../../mod.ts";
import type { Context } from "../../src/context.ts";
import { readRevisionState } from "../../src/machine/state.ts";
import { assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { UsageError } from "../../src/errors.ts";
import { lineOf } from "../trust/people.ts";
import { dirOf, idOf, keyOf, SignedFleet } from "./signed_fleet.ts";

/** Each signature as `blessing ann@example.com`, and each refused one, unsigned part and failure. */
function said({ signed, failures }: Pick<VerifiedObject, "signed" | "failures">): string[] {
  return [
    ...signed.flatMap(({ of, verdict, signatures, by, refused }) => [
      `${of} ${verdict} ${signatures}`,
      ...by.map(({ principals }) => `${of} by ${principals}`),
      ...refused.map(({ why }) => `${of}: ${why.replace(/SHA256:\S+\)/, "...)")}`),
    ]),
    ...failures.map((error) =>
      `${(error as UntrustedError).exitCode} ${error.message.replace(/:.*/, "")}`
    ),
  ];
}

/** A person who trusts the same people as the machines, if nothing else is said. */
function developer(fleet: SignedFleet, env: Readonly<Record<string, string>> = {}): Context {
  return fleet.context("developer", [], { FTL_TRUST: fleet.trustFile, ...env });
}

type Row = readonly [
  what: string,
  make: (fleet: SignedFleet) => Promise<unknown>,
  says: readonly string[],
];

const TRUSTED = ["revision trusted 1", "revision by ci@example.com"];

const ROWS: readonly Row[] = [
  [
    "both are signed",
    (fleet) => fleet.release("1"),
    [...TRUSTED, "blessing trusted 1", "blessing by ann@example.com"],
  ],
  [
    "two people have blessed it",
    async (fleet) => await fleet.bless(await fleet.build("1"), fleet.ann, fleet.bob),
    [
      ...TRUSTED,
      "blessing trusted 2",
      "blessing by ann@example.com",
      "blessing by bob@example.com",
    ],
  ],
  [
    "one of two signatures is of somebody whom nobody trusts",
    async (fleet) => await fleet.bless(await fleet.build("1"), fleet.eve, fleet.ann),
    [
      ...TRUSTED,
      "blessing trusted 2",
      "blessing by ann@example.com",
      "blessing: signature 1 (...): nobody who is trusted has the key",
    ],
  ],
  [
    "only the blessing is signed, which names the bytes",
    async (fleet) => await fleet.bless(await fleet.unsignedBuild("1")),
    ["revision unsigned 0", "blessing trusted 1", "blessing by ann@example.com"],
  ],
  [
    "nothing is signed",
    async (fleet) => await fleet.blessUnsigned(await fleet.unsignedBuild("1")),
    [
      "revision unsigned 0",
      "blessing unsigned 0",
      "5 a.rev is not trusted",
      "5 a.ID.tgz is not trusted",
    ],
  ],
  [
    "CI has blessed, which it may not",
    async (fleet) => await fleet.bless(await fleet.build("1"), fleet.ci),
    [
      ...TRUSTED,
      "blessing refused 1",
      "blessing: signature 1 (ci@example.com, ...): the key may not sign this",
      "5 a.rev is not trusted",
    ],
  ],
];

for (const [what, make, says] of ROWS) {
  Deno.test(`verifyMaster() tells who signed where ${what}`, async () => {
    using fleet = new SignedFleet();
    await make(fleet);
    const found = await verifyMaster(developer(fleet), "a");
    assertEquals(said(found).map((line) => line.replace(/a\.\w{11}/, "a.ID")), [...says]);
  });
}

Deno.test("verifyMaster() only counts signatures without FTL_TRUST, and only warns after warn:", async () => {
  using fleet = new SignedFleet();
  const revision = await fleet.build("1");
  await fleet.bless(revision, fleet.eve);
  const counted = await verifyMaster(fleet.context(), "a");
  assertEquals(said(counted), ["revision unchecked 1", "blessing unchecked 1"]);
  fleet.events.length = 0;
  const warned = await verifyMaster(
    developer(fleet, { FTL_TRUST: `warn:${fleet.trustFile}` }),
    "a",
  );
  assertEquals([warned.failures, fleet.warnings.length], [[], 1]);
  assertMatch(fleet.warnings[0] ?? "", /^a\.rev is not trusted: signature 1 /);
  // A revision that is not blessed has no blessing to judge.
  const other = await fleet.build("2");
  assertEquals(said(await verifyMaster(developer(fleet), other)), TRUSTED);
});

Deno.test("verify() tells who has signed what it compares", async () => {
  using fleet = new SignedFleet();
  await fleet.release("1");
  const web = fleet.machine();
  await fleet.sync(web);
  for (const [machine, by] of [[web, ["ci@example.com"]], [fleet.context("web"), []]] as const) {
    fleet.events.length = 0;
    await verify(machine, ["a"]);
    assertEquals(fleet.events.flatMap((event) => event.type === "verified" ? [event.by] : []), [
      by,
    ]);
  }
});

Deno.test("the signers of a file count in the place of those of FTL_TRUST", async () => {
  using fleet = new SignedFleet();
  await fleet.bless(await fleet.build("1", fleet.eve), fleet.eve);
  const file = fleet.write("others", `${lineOf(fleet.eve)}\n`);
  const found = await verifyMaster(developer(fleet), "a", { trust: file });
  assertEquals([found.failures, found.signed.map(({ verdict }) => verdict)], [[], [
    "trusted",
    "trusted",
  ]]);
  for (const trust of [`${fleet.path}/nowhere`, fleet.write("empty", "# nobody\n")]) {
    await assertRejects(() => verifyMaster(developer(fleet), "a", { trust }), UsageError);
  }
});

Deno.test("verify() judges the revision's own signature, or the blessing that names it", async () => {
  using fleet = new SignedFleet();
  const web = fleet.machine();
  const signed = await fleet.release("1");
  await fleet.sync(web);
  const [own] = await verify(web, ["a"]);
  assertEquals([own?.failures, own?.signed?.verdict, own?.findings], [[], "trusted", []]);

  const unsigned = await fleet.unsignedBuild("2");
  await fleet.bless(unsigned);
  await fleet.sync(web);
  assertEquals(readRevisionState(dirOf(web), idOf(unsigned))?.key, keyOf(unsigned));
  const [named] = await verify(web, [unsigned]);
  assertEquals([named?.failures, named?.signed?.verdict], [[], "unsigned"]);

  // Nobody who is trusted names it any more.
  await fleet.bless(signed);
  const [alone] = await verify(web, [unsigned]);
  assertMatch(String(alone?.failures[0]), /is not trusted: it is not signed$/);
  const [warned] = await verify({
    ...web,
    config: fleet.machine("web", {
      FTL_TRUST: `warn:${fleet.trustFile}`,
    }).config,
  }, [unsigned]);
  assertEquals(warned?.failures, []);
  const [unchecked] = await verify(fleet.context("web", ["a"]), [unsigned]);
  assertEquals([unchecked?.failures, unchecked?.signed], [[], undefined]);
});

Deno.test("verify() does not take an old blessing that was put back for one that names a revision", async () => {
  using fleet = new SignedFleet();
  const web = fleet.machine();
  const old = await fleet.unsignedBuild("1");
  await fleet.bless(old);
  await fleet.sync(web);
  const before = await fleet.bucket.getSmall("a.rev");
  await fleet.release("2");
  await fleet.sync(web);
  assertEquals((await verify(web, [old]))[0]?.failures.length, 1);
  // Eve may write to the bucket: she puts the old pointer back, with its true signature.
  await fleet.bucket.put("a.rev", before?.text ?? "", { metadata: before?.metadata ?? {} });
  assertEquals((await verify(web, [old]))[0]?.failures.length, 1);
});
