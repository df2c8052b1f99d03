/** What a long listing of S3 tells of signatures. */
import { assertEquals, assertRejects } from "../assert.ts";
import {
  type Environment,
  jumpMaster,
  listMasterRevisions,
  type MasterRevision,
  UsageError,
} from "../../mod.ts";
import { allowedLine, ANN, newSigner, signObject } from "../trust/signed_bucket.ts";
import { MemoryFleet } from "./memory_fleet.ts";

const CI = newSigner();

/** Three revisions of `a`, and who may sign: CI has signed the second, a stranger the third; it is blessed. */
async function filled(fleet: MemoryFleet): Promise<Environment> {
  const names = [];
  for (const content of ["1", "2", "3"]) names.push(await fleet.spool("a.tgz", content));
  const [, second = "", third = ""] = names;
  await signObject(fleet.bucket, `${second}.tgz`, CI);
  await signObject(fleet.bucket, `${third}.tgz`, newSigner());
  await jumpMaster(fleet.context(), third);
  const path = fleet.write(
    "allowed_signers",
    allowedLine("ci@x.org", CI, 'namespaces="ftl-spool:*"') +
      allowedLine("ann@x.org", ANN, 'namespaces="ftl-bless:*"'),
  );
  return { FTL_TRUST: path };
}

async function listed(fleet: MemoryFleet, env: Environment = {}): Promise<MasterRevision[]> {
  return await listMasterRevisions(fleet.context("developer", [], env), "a", { long: true });
}

Deno.test("with FTL_TRUST a long listing says who has signed each revision and its blessing", async () => {
  using fleet = new MemoryFleet();
  const env = await filled(fleet);
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
      [1, "trusted", "ci@x.org", undefined],
      [1, "refused", "", "signature 1 (...): the key may not sign here"],
    ],
  );
  const unsigned = found[2]?.blessing?.trust?.verdict;
  await signObject(fleet.bucket, "a.rev", ANN);
  const signed = (await listed(fleet, env))[2]?.blessing;
  assertEquals(
    [unsigned, signed?.trust?.verdict, signed?.trust?.by],
    ["unsigned", "trusted", ["ann@x.org"]],
  );
  const two = (await listed(fleet, { ...env, FTL_TRUST_THRESHOLD: "2" }))[2]?.blessing?.trust;
  assertEquals([two?.verdict, two?.by], ["too-few", ["ann@x.org"]]);
});

Deno.test("a signature for another role does not count: who spools may not bless", async () => {
  using fleet = new MemoryFleet();
  const env = await filled(fleet);
  await signObject(fleet.bucket, "a.rev", CI);
  assertEquals((await listed(fleet, env))[2]?.blessing?.trust?.verdict, "refused");
});

Deno.test("without FTL_TRUST a long listing counts signatures, and does not judge them", async () => {
  using fleet = new MemoryFleet();
  await filled(fleet);
  await signObject(fleet.bucket, "a.rev", ANN);
  const found = await listed(fleet);
  assertEquals(found.map(({ details }) => [details?.signatures, details?.trust]), [
    [0, undefined],
    [1, undefined],
    [1, undefined],
  ]);
  assertEquals([found[2]?.blessing?.signatures, found[2]?.blessing?.trust], [1, undefined]);
});

Deno.test("looking at signatures takes no request more", async () => {
  using fleet = new MemoryFleet();
  const env = await filled(fleet);
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
  using fleet = new MemoryFleet();
  await filled(fleet);
  const env = { FTL_TRUST: "/nowhere/allowed_signers" };
  await assertRejects(() => listed(fleet, env), UsageError, "FTL_TRUST");
  const short = await listMasterRevisions(fleet.context("developer", [], env), "a");
  assertEquals(short.length, 3);
});
