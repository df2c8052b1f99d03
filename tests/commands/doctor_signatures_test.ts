/** `ftl doctor`: whether this machine trusts what is blessed, and what it would not fetch. */
import { assertEquals, assertMatch } from "../assert.ts";
import { doctor, EXIT, FtlError, stageMaster } from "../../mod.ts";
import type { Context } from "../../src/context.ts";
import { withoutSignatures } from "../../src/revision/metadata.ts";
import { findings, identify } from "./doctor_findings.ts";
import { SignedFleet } from "./signed_fleet.ts";

const DAY = 24 * 3600;
const ALL_TRUSTED = "ok what is blessed is trusted, and so is each candidate";

/** A machine that has obeyed a signed blessing, with these variables. */
async function synced(
  env: Record<string, string> = {},
): Promise<{ fleet: SignedFleet; web: Context; found: () => Promise<string[]> }> {
  const fleet = new SignedFleet();
  identify(fleet.bucket);
  await fleet.release("1");
  const web = fleet.machine("web", env);
  await fleet.sync(web);
  return { fleet, web, found: () => findings(web, "S3 signatures") };
}

/** The same machine, if its FTL_TRUST only warned. */
function warning(fleet: SignedFleet): Context {
  return fleet.machine("web", { FTL_TRUST: `warn:${fleet.trustFile}` });
}

const UNSIGNED =
  "a.rev is not trusted: it is not signed: was it written by an older ftl, or without FTL_SIGN_KEY?";

Deno.test("doctor fails for a pointer that is not signed, as a sync does, and with warn: only warns", async () => {
  const { fleet, web, found } = await synced();
  using _fleet = fleet;
  assertEquals(await found(), [ALL_TRUSTED]);
  await fleet.blessUnsigned(await fleet.build("2"));
  assertEquals(await found(), [`fail ${UNSIGNED}`]);
  const { failures: [error] } = await doctor(web);
  assertEquals(error instanceof FtlError && error.exitCode, EXIT.integrity);
  const { failures: [refused] } = await fleet.sync(web);
  assertEquals(error?.message, refused?.message);
  assertEquals(await findings(warning(fleet), "S3 signatures"), [`warn ${UNSIGNED}`]);
  const { checks, failures } = await doctor(warning(fleet));
  assertEquals(failures, []);
  const { hint = "" } = checks.find(({ name }) => name === "S3 signatures") ?? {};
  assertMatch(hint, /^Without 'warn:' a sync would refuse it/);
});

Deno.test("doctor says that a machine which has obeyed no signed blessing would take an older one", async () => {
  const { fleet } = await synced();
  using _fleet = fleet;
  const fresh = fleet.machine("fresh");
  assertEquals(await findings(fresh, "S3 signatures"), [
    "info no signed blessing of a was obeyed here yet: an older one would be taken, too",
  ]);
  await fleet.sync(fresh);
  assertEquals(await findings(fresh, "S3 signatures"), [ALL_TRUSTED]);
});

Deno.test("an intruder puts an old pointer back: doctor says that this machine has obeyed a newer one", async () => {
  const { fleet, web, found } = await synced();
  using _fleet = fleet;
  const { text = "", metadata = {} } = await fleet.bucket.getSmall("a.rev") ?? {};
  await fleet.release("2");
  await fleet.sync(web);
  await fleet.bucket.put("a.rev", text, { metadata });
  const [failure = ""] = await found();
  assertMatch(
    failure,
    /^fail a\.rev is not trusted: it is of \S+, and this machine has obeyed one of /,
  );
});

Deno.test("an intruder deletes the pointer: doctor says whether what this machine remembers was signed", async () => {
  const { fleet, found } = await synced();
  using _fleet = fleet;
  await fleet.bucket.remove("a.rev");
  assertEquals(await found(), [ALL_TRUSTED]);
  // By another policy it would have to be judged anew, and nothing is there to judge.
  const other = fleet.machine("web", { FTL_TRUST_SINCE: "2020-01-01" });
  assertEquals(await findings(other, "S3 signatures"), [
    "fail a.rev is gone, so nobody can tell who has signed it",
  ]);
});

Deno.test("doctor counts candidates that are not fetched, and says why", async () => {
  const { fleet, found } = await synced();
  using _fleet = fleet;
  const warned = (): Promise<string[]> => findings(warning(fleet), "S3 signatures");
  const first = await fleet.unsignedBuild("2");
  const why = `${first}: it is not signed`;
  assertEquals(await found(), [`warn 1 candidate of a is not fetched: ${why}`]);
  assertEquals(await warned(), [
    `warn 1 candidate of a would not be fetched without 'warn:': ${why}`,
  ]);
  const second = await fleet.build("3", fleet.eve);
  assertEquals((await found()).map((line) => line.replace(/SHA256:[^)]+/, "KEY")), [
    `warn 2 candidates of a are not fetched: ${second}: signature 1 (KEY): nobody who is trusted has the key`,
  ]);
});

Deno.test("candidates that who may spool has signed are no finding, nor are those that FTL_KEEP leaves out", async () => {
  const { fleet, found } = await synced({ FTL_KEEP: "1" });
  using _fleet = fleet;
  await fleet.unsignedBuild("2");
  await fleet.build("3");
  assertEquals(await found(), [ALL_TRUSTED]);
});

Deno.test("the candidate of a rollout is named by the pointer, and needs no signature of its own", async () => {
  const { fleet, found } = await synced();
  using _fleet = fleet;
  const next = await fleet.unsignedBuild("2");
  fleet.tick(2);
  // What is signed takes no step unsigned.
  fleet.bucket.rewrite("a.rev", ({ metadata }) => ({ metadata: withoutSignatures(metadata) }));
  await stageMaster(fleet.context(), next, { request: { groups: ["canary"] } });
  fleet.sign("a.rev", fleet.ann);
  assertEquals(await found(), [ALL_TRUSTED]);
});

Deno.test("doctor warns of a blessing that is older than FTL_TRUST_MAX_AGE", async () => {
  const { fleet, found } = await synced({ FTL_TRUST_MAX_AGE: "30" });
  using _fleet = fleet;
  fleet.tick(29 * DAY);
  assertEquals(await found(), [ALL_TRUSTED]);
  fleet.tick(2 * DAY);
  assertEquals(await found(), [
    "warn what is blessed of a was signed 31 days ago: FTL_TRUST_MAX_AGE is 30",
  ]);
});

Deno.test("doctor does not ask for signatures where FTL_TRUST is not valid, or not set", async () => {
  const { fleet } = await synced();
  using _fleet = fleet;
  const calls: string[] = [];
  for (
    const env of [
      { FTL_TRUST: "" },
      { FTL_TRUST: "/nowhere" },
      { FTL_TRUST: "etc" },
      { FTL_TRUST_THRESHOLD: "x" },
    ]
  ) {
    const before = fleet.bucket.calls.length;
    assertEquals(await findings(fleet.machine("web", env), "S3 signatures"), []);
    calls.push(fleet.bucket.calls.slice(before).join());
  }
  assertEquals(new Set(calls).size, 1);
});
