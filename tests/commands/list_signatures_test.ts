/** What a long listing of S3 tells of signatures. */
import { assertEquals, assertRejects } from "../assert.ts";
import {
  type Environment,
  listMasterRevisions,
  type MasterRevision,
  UsageError,
} from "../../mod.ts";
import { SignedFleet } from "./signed_fleet.ts";

/** Three revisions of `a`: CI has signed the second, a stranger the third, which is blessed. */
async function filled(): Promise<{ fleet: SignedFleet; env: Environment }> {
  const fleet = new SignedFleet();
  await fleet.unsignedBuild("1");
  await fleet.build("2");
  await fleet.blessUnsigned(await fleet.build("3", fleet.eve));
  return { fleet, env: { FTL_TRUST: fleet.trustFile } };
}

async function listed(fleet: SignedFleet, env: Environment = {}): Promise<MasterRevision[]> {
  return await listMasterRevisions(fleet.context("developer", [], env), "a", { long: true });
}

Deno.test("with FTL_TRUST a long listing says who has signed each revision and its blessing", async () => {
  const { fleet, env } = await filled();
  using _fleet = fleet;
  const found = await listed(fleet, env);
  assertEquals(
    found.map(({ details }) => [
      details?.signatures,
      details?.trust?.verdict,
      details?.trust?.by.join(),
      details?.trust?.why?.replace(/SHA256:[^)]+/, "..."),
    ]),
    [
      [0, "unsigned", "", "it is not signed"],
      [1, "trusted", "ci@example.com", undefined],
      [1, "refused", "", "signature 1 (...): nobody who is trusted has the key"],
    ],
  );
  const unsigned = found[2]?.blessing?.trust?.verdict;
  fleet.sign("a.rev", fleet.ann);
  const signed = (await listed(fleet, env))[2]?.blessing;
  assertEquals(
    [unsigned, signed?.trust?.verdict, signed?.trust?.by],
    ["unsigned", "trusted", ["ann@example.com"]],
  );
  const two = (await listed(fleet, { ...env, FTL_TRUST_THRESHOLD: "2" }))[2]?.blessing?.trust;
  assertEquals([two?.verdict, two?.by], ["too-few", ["ann@example.com"]]);
});

Deno.test("a signature for another role does not count: who spools may not bless", async () => {
  const { fleet, env } = await filled();
  using _fleet = fleet;
  fleet.sign("a.rev", fleet.ci);
  assertEquals((await listed(fleet, env))[2]?.blessing?.trust?.verdict, "refused");
});

Deno.test("without FTL_TRUST a long listing counts signatures, and does not judge them", async () => {
  const { fleet } = await filled();
  using _fleet = fleet;
  fleet.sign("a.rev", fleet.ann);
  const found = await listed(fleet);
  assertEquals(found.map(({ details }) => [details?.signatures, details?.trust]), [
    [0, undefined],
    [1, undefined],
    [1, undefined],
  ]);
  assertEquals([found[2]?.blessing?.signatures, found[2]?.blessing?.trust], [1, undefined]);
});

Deno.test("looking at signatures takes no request more", async () => {
  const { fleet, env } = await filled();
  using _fleet = fleet;
  const calls = async (env: Environment): Promise<string[]> => {
    const before = fleet.bucket.calls.length;
    await listed(fleet, env);
    return fleet.bucket.calls.slice(before);
  };
  const without = await calls({});
  assertEquals(await calls(env), without);
  assertEquals(without, ["list", "getSmall", "head", "head", "head"]);
});

Deno.test("a long listing with an FTL_TRUST that cannot be read fails, and a short one needs none", async () => {
  const { fleet } = await filled();
  using _fleet = fleet;
  const env = { FTL_TRUST: "/nowhere/allowed_signers" };
  await assertRejects(() => listed(fleet, env), UsageError, "FTL_TRUST");
  const short = await listMasterRevisions(fleet.context("developer", [], env), "a");
  assertEquals(short.length, 3);
});
