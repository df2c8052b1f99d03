/**
 * What a machine with `FTL_TRUST` fetches, runs and activates, row by row of the table in `package_trust.ts`.
 * The file is long because each row is a test.
 */
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { planSyncs, status } from "../../mod.ts";
import { UntrustedError } from "../../src/errors.ts";
import { readPointerState, readRevisionState } from "../../src/machine/state.ts";
import { readKnownBlessing } from "../../src/machine/trust/state.ts";
import type { RevisionName } from "../../src/revision/names.ts";
import { lineOf, type Person } from "../trust/people.ts";
import { parseReport } from "../../src/revision/report.ts";
import { A, dirOf, idOf, keyOf, SignedFleet } from "./signed_fleet.ts";

const { failures: failed } = SignedFleet;

Deno.test("what is signed is fetched and activated, and who has signed it is kept", async () => {
  using fleet = new SignedFleet();
  const first = await fleet.release("1");
  const web = fleet.machine();
  const { activated, failures } = await fleet.sync(web);
  assertEquals([activated, failures], [first, []]);
  const { serial, trust } = readPointerState(dirOf(web)) ?? {};
  assertEquals([trust?.verdict, trust?.by], ["trusted", ["ann@example.com"]]);
  const known = readKnownBlessing(dirOf(web));
  assertEquals([known?.serial, known?.statement], [serial, trust?.statement]);
});

Deno.test("an unsigned blessing changes nothing, and each sync says so with exit code 5", async () => {
  using fleet = new SignedFleet();
  const first = await fleet.release("1");
  const web = fleet.machine();
  await fleet.sync(web);
  const second = await fleet.build("2");
  await fleet.blessUnsigned(second);
  for (let i = 0; i < 2; i++) {
    const { active, fetched, activated, removed, failures } = await fleet.sync(web);
    assertEquals([active, fetched, activated, removed], [first, [], undefined, []]);
    const [error] = failures;
    assert(error instanceof UntrustedError);
    assertEquals([error.exitCode, error.verdict, failures.length], [5, "unsigned", 1]);
    assertStringIncludes(error.message, "a.rev is not trusted: it is not signed");
  }
  fleet.sign("a.rev", fleet.ann);
  assertEquals((await fleet.sync(web)).activated, second);
});

Deno.test("an idle signed sync sends the requests of an unsigned one", async () => {
  using fleet = new SignedFleet();
  await fleet.release("1");
  await fleet.build("2");
  const [web, free] = [fleet.machine(), fleet.context("free", ["a"])];
  for (const machine of [web, free]) {
    await fleet.sync(machine, { listEvery: 600 });
    fleet.bucket.calls.length = 0;
    await fleet.sync(machine);
    assertEquals(fleet.bucket.calls, ["list"]);
    fleet.bucket.calls.length = 0;
    await fleet.sync(machine, { listEvery: 600 });
    assertEquals(fleet.bucket.calls, ["getSmall"]);
  }
});

Deno.test("a candidate is fetched, and its script runs, only if it is signed itself", async () => {
  using fleet = new SignedFleet();
  const first = await fleet.release("1");
  const web = fleet.machine();
  await fleet.sync(web);
  const unsigned = await withScript(fleet, "unsigned", undefined);
  const byEve = await withScript(fleet, "eve", fleet.eve);
  const byAnn = await withScript(fleet, "ann", fleet.ann);
  const byCi = await withScript(fleet, "ci", fleet.ci);
  const { active, fetched, failures } = await fleet.sync(web, {});
  assertEquals([active, fetched, failures], [first, [byCi], []]);
  assertEquals(ranScripts(fleet), ["ci"]);
  const [told] = fleet.events.filter((event) => event.type === "untrusted");
  assert(told?.type === "untrusted");
  assertEquals([...told.revisions], [byAnn, byEve].filter((one) => one !== unsigned));
  assertStringIncludes(told.why, "the key may not sign this");
});

Deno.test("a candidate that came here before it had to be signed runs no script", async () => {
  using fleet = new SignedFleet();
  const web = fleet.machine("web", { FTL_TRUST: undefined });
  await fleet.release("1");
  const file = fleet.archive(
    "a.tgz",
    { name: "post-sync.sh", mode: 0o755, content: `#!/bin/sh\nexit 1\n` },
  );
  fleet.tick();
  const candidate = await fleet.spoolFile(file);
  assertEquals((await fleet.sync(web)).failures.length, 1);
  const trusting = fleet.machine();
  assertEquals((await fleet.sync(trusting)).failures, []);
  fleet.sign(keyOf(candidate), fleet.ci);
  assertEquals((await fleet.sync(trusting)).failures.length, 1, "now it is signed, and runs");
});

Deno.test("an object that was changed is not unpacked into its place", async (t) => {
  const changes = {
    "bytes of the same length": (bytes: Uint8Array) =>
      bytes.map((byte, i) => i === 9 ? byte ^ 1 : byte),
    "more bytes": (bytes: Uint8Array) => new Uint8Array([...bytes, 0]),
    "fewer bytes": (bytes: Uint8Array) => bytes.slice(0, -1),
  };
  for (const [name, change] of Object.entries(changes)) {
    await t.step(name, async () => {
      using fleet = new SignedFleet();
      const first = await fleet.release("1");
      const web = fleet.machine();
      await fleet.sync(web);
      const second = await fleet.build("2");
      await fleet.bless(second);
      fleet.bucket.rewrite(keyOf(second), ({ bytes, metadata }) => ({
        bytes: new Uint8Array(change(bytes)),
        metadata: { "ftl-upload": metadata["ftl-upload"] ?? "" },
      }));
      const { active, fetched, failures } = await fleet.sync(web);
      assertEquals([active, fetched, dirOf(web).revisions()], [first, [], [idOf(first)]]);
      assertEquals(failures.map((error) => (error as UntrustedError).exitCode), [5]);
    });
  }
});

Deno.test("of two objects with the same id, the blessed one is fetched", async () => {
  using fleet = new SignedFleet();
  const first = await fleet.build("1");
  const evil = await fleet.unsignedBuild("evil");
  await fleet.bless(first);
  fleet.bucket.snapshot(keyOf(evil))(`${first}.aaa.tgz`);
  const web = fleet.machine();
  assertEquals((await fleet.sync(web)).activated, first);
  assertEquals(Deno.readTextFileSync(`${dirOf(web).current}/v`), "1");
  assertEquals(readRevisionState(dirOf(web), idOf(first))?.key, keyOf(first));
});

Deno.test("a revision here that has other bytes than the blessed one is replaced before it is used", async () => {
  using fleet = new SignedFleet();
  const first = await fleet.release("1");
  const second = await fleet.build("2");
  const restore = fleet.bucket.snapshot(keyOf(second));
  const web = fleet.machine("web", { FTL_TRUST: undefined });
  fleet.bucket.snapshot(keyOf(await fleet.unsignedBuild("evil")))(keyOf(second));
  assert((await fleet.sync(web)).fetched.includes(second));
  restore();
  await fleet.bless(second);
  const trusting = fleet.machine();
  const { activated, failures } = await fleet.sync(trusting);
  assertEquals([activated, failures], [second, []]);
  assertEquals(Deno.readTextFileSync(`${dirOf(web).current}/v`), "2");
  assertEquals(fleet.warnings, [
    `${second} here was not what is signed by that name: it is replaced`,
  ]);
  assert(first !== second);
});

Deno.test("who may no longer sign is no longer obeyed, also if nothing changed in S3", async () => {
  using fleet = new SignedFleet();
  const first = await fleet.release("1");
  const web = fleet.machine();
  await fleet.sync(web);
  fleet.trustLines(lineOf(fleet.bob));
  const { active, failures } = await fleet.sync(web);
  assertEquals(active, first);
  assertStringIncludes(failed({ failures }).join(), "5 a.rev is not trusted: signature 1");
  await fleet.bless(first, fleet.ann, fleet.bob);
  assertEquals((await fleet.sync(web)).failures, []);
});

Deno.test("without a file of allowed signers nothing is asked and nothing done", async (t) => {
  using fleet = new SignedFleet();
  await fleet.release("1");
  const values = {
    missing: `${fleet.path}/nowhere`,
    "nobody in it": fleet.write("empty", "# nobody\n"),
    "a folder": fleet.path,
    relative: "allowed_signers",
    "no key": "ssh-ed25519 AAAA",
    empty: "",
    blank: " ",
  };
  for (const [name, FTL_TRUST] of Object.entries(values)) {
    for (const prefix of ["", "warn:"]) {
      await t.step(`${prefix} ${name}`, async () => {
        const web = fleet.machine("web", { FTL_TRUST: prefix + FTL_TRUST });
        fleet.bucket.calls.length = 0;
        for (const command of [() => fleet.sync(web), () => planSyncs(web), () => status(web)]) {
          assertEquals(await command().catch(({ exitCode }) => exitCode), 2);
        }
        assertEquals(fleet.bucket.calls, []);
      });
    }
  }
});

Deno.test("keys themselves may be the trust", async () => {
  using fleet = new SignedFleet();
  const first = await fleet.release("1");
  const both = `${fleet.ci.publicKey}, ${fleet.ann.publicKey}`;
  const web = fleet.machine("web", { FTL_TRUST: both });
  assertEquals((await fleet.sync(web)).activated, first);
  const other = fleet.machine("other", { FTL_TRUST: fleet.bob.publicKey });
  assertEquals((await fleet.sync(other)).activated, undefined);
});

Deno.test("with warn: everything is obeyed, and what is not trusted is told", async () => {
  using fleet = new SignedFleet();
  await fleet.release("1");
  const web = fleet.machine("web", { FTL_TRUST: `warn:${fleet.trustFile}` });
  await fleet.sync(web);
  assertEquals(fleet.warnings, []);
  const second = await fleet.unsignedBuild("2");
  await fleet.blessUnsigned(second);
  const { activated, failures } = await fleet.sync(web);
  assertEquals([activated, failures], [second, []]);
  assertEquals(readPointerState(dirOf(web))?.trust?.verdict, "unsigned");
  assertStringIncludes(fleet.warnings.join(), "a.rev is not trusted: it is not signed");
  await fleet.sync(web);
  assertEquals(fleet.warnings, [], "told once");
  const { packages: [found] } = await status(web);
  assertEquals([found?.trust?.verdict, found?.trust?.isEnforced], ["unsigned", false]);
});

Deno.test("without FTL_TRUST signatures are not looked at", async () => {
  using fleet = new SignedFleet();
  const first = await fleet.unsignedBuild("1");
  await fleet.blessUnsigned(first);
  fleet.sign("a.rev", fleet.eve);
  const web = fleet.machine("web", { FTL_TRUST: undefined });
  assertEquals((await fleet.sync(web)).activated, first);
  assertEquals(readPointerState(dirOf(web))?.trust, undefined);
  assertEquals(readKnownBlessing(dirOf(web)), undefined);
});

Deno.test("--dry-run and status say the same as a sync, and write nothing", async () => {
  using fleet = new SignedFleet();
  const first = await fleet.release("1");
  const web = fleet.machine();
  await fleet.sync(web);
  const unsigned = await fleet.unsignedBuild("2");
  const [plan] = await planSyncs(web);
  assertEquals([plan?.fetch, plan?.failures], [[], []]);
  const { packages: [found] } = await status(web);
  assertEquals([found?.trust?.verdict, found?.trust?.by], ["trusted", ["ann@example.com"]]);
  assertEquals([found?.trust?.untrusted, found?.master?.fetch], [[unsigned], []]);
  await fleet.blessUnsigned(unsigned);
  const [refused] = await planSyncs(web);
  assertEquals((refused?.failures ?? []).map((error) => error instanceof UntrustedError), [true]);
  const { packages: [shown], failures } = await status(web);
  assertEquals([shown?.trust?.verdict, shown?.active], ["unsigned", first]);
  assertEquals(failures.length, 1);
});

/** A revision whose `post-sync` writes its name into a file of the fleet. */
async function withScript(
  fleet: SignedFleet,
  name: string,
  by: Person | undefined,
): Promise<RevisionName> {
  fleet.tick();
  const content = `#!/bin/sh\necho ${name} >> ${fleet.path}/ran\n`;
  const file = fleet.archive("a.tgz", { name: "post-sync.sh", mode: 0o755, content });
  const revision = await fleet.spoolFile(file);
  if (by !== undefined) fleet.sign(keyOf(revision), by);
  return revision;
}

function ranScripts(fleet: SignedFleet): string[] {
  return Deno.readTextFileSync(`${fleet.path}/ran`).trim().split("\n");
}

Deno.test("a machine reports what it has found of the signatures, also if it refuses the pointer", async () => {
  using fleet = new SignedFleet();
  await fleet.release("1");
  const web = fleet.machine("web", { FTL_MACHINE: "web", FTL_REPORT: "60" });
  await fleet.sync(web);
  assertEquals(await reportedTrust(fleet), ["ok", "trusted"]);
  await fleet.blessUnsigned(await fleet.build("2"));
  await fleet.sync(web);
  assertEquals(await reportedTrust(fleet), ["failing", "unsigned"]);
  fleet.sign("a.rev", fleet.eve);
  await fleet.sync(web);
  assertEquals(await reportedTrust(fleet), ["failing", "refused"]);
  await fleet.sync(
    fleet.machine("web", { FTL_MACHINE: "web", FTL_REPORT: "60", FTL_TRUST: undefined }),
  );
  assertEquals(await reportedTrust(fleet), ["ok", undefined]);
});

async function reportedTrust(fleet: SignedFleet): Promise<unknown[]> {
  const { text = "" } = await fleet.bucket.getSmall(".ftl/fleet/web") ?? {};
  const { state, trust } = parseReport(text)?.packages.get(A) ?? {};
  return [state, trust];
}
