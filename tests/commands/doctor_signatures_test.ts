/** `ftl doctor`: whether this machine trusts what is blessed, and what it would not fetch. */
import { assertEquals, assertMatch } from "../assert.ts";
import { doctor, EXIT, FtlError, jumpMaster, stageMaster } from "../../mod.ts";
import type { Context } from "../../src/context.ts";
import { pointerKey } from "../../src/revision/keys.ts";
import { blessingStatement } from "../../src/trust/statement.ts";
import { aPackage } from "../names.ts";
import { allowedLine, ANN, newSigner, signObject } from "../trust/signed_bucket.ts";
import { blessedFleet, findings } from "./doctor_findings.ts";
import type { MemoryFleet } from "./memory_fleet.ts";

const CI = newSigner();
const DAY = 24 * 3_600_000;
const REV = pointerKey(aPackage("a"));

/** A machine that trusts Ann to bless and CI to spool. `DIR` in variables is the fleet's folder. */
async function trusting(
  { warn = false, env = {} }: { warn?: boolean; env?: Record<string, string> } = {},
): Promise<{ fleet: MemoryFleet; web: Context; found: () => Promise<string[]> }> {
  const { fleet } = await blessedFleet();
  const path = fleet.write(
    "allowed_signers",
    allowedLine("ann@x.org", ANN, 'namespaces="ftl-bless:*"') +
      allowedLine("ci@x.org", CI, 'namespaces="ftl-spool:*"'),
  );
  const FTL_TRUST = `${warn ? "warn:" : ""}${path}`;
  const web = fleet.context("web", ["a"], { FTL_TRUST, ...env });
  return { fleet, web, found: () => findings(web, "S3 signatures") };
}

/** As if a sync had obeyed the pointer that is in S3 now. */
async function remember(fleet: MemoryFleet, more: Record<string, unknown> = {}): Promise<void> {
  const { text = "", metadata = {} } = await fleet.bucket.getSmall(REV) ?? {};
  const facts = { bucket: fleet.bucket.name, package: aPackage("a"), text, metadata };
  const { time: serial, sha256: statement } = blessingStatement(facts);
  fleet.write("web/a/.ftl/trust.json", JSON.stringify({ serial, statement, ...more }));
}

const UNSIGNED =
  "a.rev is not trusted: it is not signed: was it written by an older ftl, or without FTL_SIGN_KEY?";

Deno.test("doctor fails for a pointer that is not signed, as a sync does, and with warn: only warns", async () => {
  const { fleet, web, found } = await trusting();
  using _fleet = fleet;
  assertEquals(await found(), [`fail ${UNSIGNED}`]);
  const { failures: [error] } = await doctor(web);
  assertEquals(error instanceof FtlError && error.exitCode, EXIT.integrity);
  const warned = await trusting({ warn: true });
  using _warned = warned.fleet;
  assertEquals(await warned.found(), [`warn ${UNSIGNED}`]);
});

Deno.test("doctor says that what is blessed is trusted, and whether an older one would be taken", async () => {
  const { fleet, found } = await trusting();
  using _fleet = fleet;
  await signObject(fleet.bucket, REV, ANN);
  assertEquals(await found(), [
    "info no signed blessing of a was obeyed here yet: an older one would be taken, too",
  ]);
  await remember(fleet);
  assertEquals(await found(), ["ok what is blessed is trusted, and so is each candidate"]);
});

Deno.test("an intruder puts an old pointer back: doctor says that this machine has obeyed a newer one", async () => {
  const { fleet, found } = await trusting();
  using _fleet = fleet;
  await signObject(fleet.bucket, REV, ANN);
  await remember(fleet, { serial: fleet.now + DAY });
  const [failure = ""] = await found();
  assertMatch(
    failure,
    /^fail a\.rev is not trusted: it is of \S+, and this machine has obeyed one of /,
  );
});

Deno.test("doctor counts candidates that are not fetched, and says why", async () => {
  for (const warn of [false, true]) {
    const { fleet, found } = await trusting({ warn });
    using _fleet = fleet;
    await signObject(fleet.bucket, REV, ANN);
    await remember(fleet);
    const first = await fleet.spool("a.tgz", "2");
    const what = (many: boolean): string =>
      warn ? "would not be fetched without 'warn:'" : many ? "are not fetched" : "is not fetched";
    assertEquals(await found(), [
      `warn 1 candidate of a ${what(false)}: ${first}: it is not signed`,
    ]);
    const second = await fleet.spool("a.tgz", "3");
    await signObject(fleet.bucket, `${second}.tgz`, newSigner());
    const [two = ""] = await found();
    assertEquals(
      two.startsWith(`warn 2 candidates of a ${what(true)}: ${second}: signature 1 (`),
      true,
      two,
    );
    assertMatch(two, /: the key may not sign here$/);
  }
});

Deno.test("candidates that who may spool has signed are no finding, nor are those that FTL_KEEP leaves out", async () => {
  const { fleet, found } = await trusting({ env: { FTL_KEEP: "1" } });
  using _fleet = fleet;
  await signObject(fleet.bucket, REV, ANN);
  await remember(fleet);
  await fleet.spool("a.tgz", "2");
  const newest = await fleet.spool("a.tgz", "3");
  await signObject(fleet.bucket, `${newest}.tgz`, CI);
  assertEquals(await found(), ["ok what is blessed is trusted, and so is each candidate"]);
});

Deno.test("the candidate of a rollout is named by the pointer, and needs no signature of its own", async () => {
  const { fleet, found } = await trusting();
  using _fleet = fleet;
  const next = await fleet.spool("a.tgz", "2");
  await stageMaster(fleet.context(), next, { request: { groups: ["canary"] } });
  await signObject(fleet.bucket, REV, ANN);
  await remember(fleet);
  assertEquals(await found(), ["ok what is blessed is trusted, and so is each candidate"]);
});

Deno.test("what the blessed revision replaced must be signed itself, if this machine does not have it", async () => {
  const { fleet, found } = await trusting();
  using _fleet = fleet;
  await jumpMaster(fleet.context(), await fleet.spool("a.tgz", "2"));
  await signObject(fleet.bucket, REV, ANN);
  await remember(fleet);
  const [replaced = ""] = await found();
  assertMatch(replaced, /^warn 1 candidate of a is not fetched: a\.\S+: it is not signed$/);
});

Deno.test("doctor warns of a blessing that is older than FTL_TRUST_MAX_AGE", async () => {
  const { fleet, found } = await trusting({ env: { FTL_TRUST_MAX_AGE: "30" } });
  using _fleet = fleet;
  await signObject(fleet.bucket, REV, ANN);
  await remember(fleet);
  fleet.now += 29.5 * DAY;
  assertEquals(await found(), ["ok what is blessed is trusted, and so is each candidate"]);
  fleet.now += 2 * DAY;
  assertEquals(await found(), [
    "warn what is blessed of a was signed 31 days ago: FTL_TRUST_MAX_AGE is 30",
  ]);
});

Deno.test("doctor does not ask for signatures where FTL_TRUST is not valid, or not set", async () => {
  const { fleet } = await trusting();
  using _fleet = fleet;
  const envs: Record<string, string>[] = [
    {},
    { FTL_TRUST: "/nowhere" },
    { FTL_TRUST: "etc" },
    { FTL_TRUST: `${fleet.path}/allowed_signers`, FTL_TRUST_THRESHOLD: "x" },
  ];
  const calls: string[] = [];
  for (const env of envs) {
    const before = fleet.bucket.calls.length;
    const context = fleet.context("web", ["a"], env);
    assertEquals(await findings(context, "S3 signatures"), []);
    calls.push(fleet.bucket.calls.slice(before).join());
  }
  assertEquals(new Set(calls).size, 1);
});
