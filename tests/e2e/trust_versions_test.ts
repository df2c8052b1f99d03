/** Fleets that trust signatures, with machines and writers of FTL 0.1.0, and machines whose trust is turned on and off. */
import { assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { idOf } from "./fleet.ts";
import { OlderFtl } from "./older_ftl.ts";
import { active, TrustingFleet } from "./trusting_fleet.ts";

Deno.test("what 0.1.0 blesses in a signed fleet is refused, and the message says why", async () => {
  await using all = await TrustingFleet.start();
  using older = new OlderFtl();
  const [web, old] = [all.machine("web"), all.machine("old")];
  const first = await all.release("one");
  await all.syncs(web, first);
  const second = await all.build("two");
  // A machine of 0.1.0 looks at no signatures.
  await older.ok(old, ["sync"]);
  assertEquals(active(old), first);
  await older.ok(old, ["jump", "--master", second]);
  await older.ok(old, ["sync"]);
  assertEquals(active(old), second);
  const why =
    "a.rev is not trusted: it is not signed: was it written by an older ftl, or without FTL_SIGN_KEY?";
  await all.refuses(web, { runs: first, why, syncs: 2 });
  // The present ftl does not break the fleet by habit, and mends what was broken.
  await all.bless(second);
  await all.syncs(web, second);
  const unsigned = await all.fleet.ftl(["jump", "--master", first]);
  assertEquals(unsigned.code, 2);
  assertMatch(unsigned.stderr, /^ftl: a is signed: set FTL_SIGN_KEY\n/);
  await all.syncs(web, second);
});

Deno.test("a machine of 0.1.0 gets FTL_TRUST: it keeps what it runs, downloads nothing again, and needs a signature", async () => {
  await using all = await TrustingFleet.start();
  using older = new OlderFtl();
  const { fleet } = all;
  const web = all.machine("web");
  const first = await older.ok(web, ["spool", await all.pack("one")]);
  await older.ok(web, ["jump", "--master", first]);
  await older.ok(web, ["sync"]);
  assertEquals([active(web), all.ran], [first, ["one"]]);
  assertEquals(JSON.parse(web.read("a/.ftl/master.json"))["schema"], undefined);
  await all.refuses(web, { runs: first, why: "a.rev is not trusted: it is not signed" });

  // 0.1.0 fetches what is signed like anything else, and that is not fetched again once it is blessed.
  const second = await all.build("two");
  await older.ok(web, ["sync"]);
  assertEquals(web.names("a/revs"), [idOf(first), idOf(second)]);
  await all.bless(second);
  fleet.server.clearLog();
  await all.syncs(web, second);
  assertEquals(all.asked("GetObject"), ["a.rev"]);
  assertEquals([JSON.parse(web.read("a/.ftl/master.json"))["schema"], all.ran], [2, [
    "one",
    "two",
  ]]);
  // Back to 0.1.0 and to the present FTL again.
  await older.ok(web, ["sync"]);
  await all.syncs(web, second);
  assertEquals(active(web), second);
});

Deno.test("FTL_TRUST set, unset, and set again: what was obeyed before is still known", async () => {
  await using all = await TrustingFleet.start();
  const web = all.machine("web");
  const first = await all.release("one");
  await all.syncs(web, first);
  const known = web.read("a/.ftl/trust.json");
  const FTL_TRUST = undefined;
  const second = await all.build("two");
  const bucket = all.fleet.bucket();
  const signed = await bucket.getSmall("a.rev");
  // Without FTL_TRUST the machine obeys what an attacker writes, as ever.
  const unsigned = { "ftl-serial": String(Date.now()) };
  await bucket.put("a.rev", second, {
    metadata: unsigned,
    condition: { etag: signed?.etag ?? "" },
  });
  const free = await web.ftl(["sync"], { env: { FTL_TRUST } });
  assertEquals([free.code, active(web)], [0, second], free.stderr);
  assertEquals(web.read("a/.ftl/trust.json"), known);
  await all.refuses(web, { runs: second, why: "a.rev is not trusted: it is not signed", syncs: 2 });

  // Nothing but what is signed brings it back, nothing older than what it has obeyed, and with `warn:` all is told.
  const warned = await web.ftl(["sync"], { env: { FTL_TRUST: `warn:${all.trustFile}` } });
  assertEquals([warned.code, active(web)], [0, second], warned.stderr);
  assertStringIncludes(warned.stderr, "a.rev is not trusted: it is not signed");
  await all.bless(first);
  await all.syncs(web, first);
  assertEquals(JSON.parse(web.read("a/.ftl/trust.json")).serial > JSON.parse(known).serial, true);
});
