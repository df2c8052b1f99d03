/** `ftl list`: packages and revisions, here and in S3. */
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { readDocument } from "../documents.ts";
import { Fleet } from "./fleet.ts";
import { aPerson, lineOf } from "../trust/people.ts";
import { signObject } from "../trust/signed_bucket.ts";
import { threeRevisions } from "./three_revisions.ts";

Deno.test("list --master --long shows time, size, who, their message, and who blessed", async () => {
  await using fleet = await Fleet.start();
  const file = await fleet.pack("a.tgz", { v: "1" });
  const revision = await fleet.ok(["spool", file, "-m", "gr\u00fcezi"]);
  await fleet.ok(["jump", "--master", revision, "-m", "ship it"]);
  const long = await fleet.ok(["list", "--master", "--long", "a"]);
  assertMatch(
    long,
    /^a\.\w{11} {2}\d{4}-\d\d-\d\dT\d\d:\d\dZ {2}\d+ B {2}tester@\S+ {2}\(active, blessed by tester@\S+: ship it\) {2}gr\u00fcezi$/,
  );
  const listed = await fleet.ok(["list", "--master", "--long", "a", "--json"]);
  const { revisions: [json] } = readDocument("list", listed);
  assertEquals([json.details.message, json.blessing.message], ["gr\u00fcezi", "ship it"]);
  assertMatch(json.details.sha256, /^[0-9a-f]{64}$/);
});

Deno.test("list --master --long says who has signed, to people and by the schema", async () => {
  await using fleet = await Fleet.start();
  const revision = await fleet.spool("a.tgz", { v: "1" });
  await fleet.bless(revision);
  const ci = aPerson("ci@example.com");
  await signObject(fleet.bucket(), `${revision}.tgz`, ci);
  const env = { FTL_TRUST: fleet.folder.write("allowed_signers", `${lineOf(ci)}\n`) };
  const args = ["list", "--master", "--long", "a"];
  const long = await fleet.ok(args, { env });
  assertMatch(
    long,
    / \(active, signed by ci@example\.com, blessed by tester@\S+, blessing not signed\)$/,
  );
  assertMatch(await fleet.ok(args), / \(active, with 1 signature, not checked, blessed by \S+\)$/);
  const { revisions: [found] } = readDocument("list", await fleet.ok([...args, "--json"], { env }));
  assertEquals([found.details.signatures, found.details.trust], [
    1,
    { verdict: "trusted", by: [ci.name], why: null },
  ]);
  assertEquals([found.blessing.signatures, found.blessing.trust.verdict], [0, "unsigned"]);
  const { revisions: [bare] } = readDocument("list", await fleet.ok([...args, "--json"]));
  assertEquals([bare.details.signatures, bare.details.trust], [1, null]);
});

Deno.test("the message of a jump back is shown at the revision that was left", async () => {
  const { fleet, revisions: [first, second] } = await threeRevisions();
  await using _fleet = fleet;
  await fleet.ok(["jump-back", "--master", "a", "-m", "login is broken"]);
  const long = await fleet.ok(["list", "--master", "--long", "a"]);
  assertMatch(
    long,
    new RegExp(`^${first} .*active, blessed by \\S+ instead of ${second}: login is broken`, "m"),
  );
  assertMatch(long, new RegExp(`^${second} .*previous, left by \\S+: login is broken`, "m"));
  const listed = await fleet.ok(["list", "--master", "--long", "a", "--json"]);
  const { revisions: found } = readDocument("list", listed);
  assertEquals(
    [found[0].blessing.replaced, found[0].left, found[1].left.message, found[1].blessing],
    [second, null, "login is broken", null],
  );
  // And forward again: now the message belongs to the blessed revision.
  await fleet.ok(["jump-back", "--master", "a", "-m", "it was the proxy"]);
  const again = await fleet.ok(["list", "--master", "--long", "a"]);
  assertMatch(again, new RegExp(`^${second} .*active, blessed by \\S+: it was the proxy`, "m"));
});

Deno.test("list --master asks for no key below a folder", async () => {
  await using fleet = await Fleet.start();
  await fleet.spool("a.tgz", { v: "1" });
  await fleet.bucket().put(".ftl/fleet/b.rev", "a", { metadata: {} });
  fleet.server.clearLog();
  assertEquals(await fleet.ok(["list", "--master"]), "a");
  assertEquals(fleet.server.log.map(({ target }) => /delimiter=%2F/.test(target)), [true]);
});

Deno.test("list --long without a package shows the active and newest revision of each, and their number", async () => {
  const { fleet, web, revisions: [, second, third] } = await threeRevisions();
  await using _fleet = fleet;
  assertMatch(
    await web.ok(["list", "--long"]),
    new RegExp(`^a {2}active ${second} {2}newest ${third} {2}3 revisions$`),
  );
  assertMatch(
    await fleet.ok(["list", "--master", "--long"]),
    new RegExp(`^a {2}active ${second} {2}newest ${third} {2}3 revisions {2}\\d+ B$`),
  );
  const { packages: [local] } = readDocument("list", await web.ok(["list", "--long", "--json"]));
  assertEquals(local, { package: "a", active: second, held: false, newest: third, revisions: 3 });
  assertEquals(await web.ok(["list"]), "a");
});

Deno.test("list gives programs the names, and warns of a package that it cannot read", async () => {
  const { fleet, web, revisions: [first, second, third] } = await threeRevisions();
  await using _fleet = fleet;
  assertEquals(await web.ok(["list", "a"]), `${first}\n${second}\t(active)\n${third}`);
  // Names need nothing that FTL has noted; all details do.
  Deno.writeTextFileSync(`${web.root}/a/.ftl/hold.json`, "[");
  assertEquals(await web.ok(["list", "a"]), `${first}\n${second}\t(active)\n${third}`);
  Deno.removeSync(`${web.root}/a/current`);
  Deno.writeTextFileSync(`${web.root}/a/current`, "");
  const { code, stdout, stderr } = await web.ftl(["list", "--long"]);
  assertEquals([code, stdout.split(" ")[0]], [0, "a"]);
  assertMatch(stderr, /^warning: \S+\/a\/current is not a link/);
});

Deno.test("listings of more than 1,000 keys are read to the end, and foreign keys never shown", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["many"]);
  const bucket = fleet.bucket();
  const ids = Array.from({ length: 1100 }, (_, i) => `V${String(i).padStart(10, "0")}`);
  const keys = [
    ...ids.map((id) => `many.${id}.txt`),
    "readme.txt",
    "many.txt",
    "logs/many.V0000000000.txt",
    "other-tool/",
    "many.V0000000000x.logs/1.txt",
  ];
  for (let i = 0; i < keys.length; i += 50) {
    await Promise.all(keys.slice(i, i + 50).map((key) => bucket.put(key, "x", { metadata: {} })));
  }
  assertEquals(await fleet.ok(["list", "--master"]), "many");
  const listed = (await fleet.ok(["list", "--master", "many"])).split("\n");
  assertEquals(listed, ids.map((id) => `many.${id}`));
  await web.ok(["sync"]);
  assertEquals(web.names("many/revs"), ids.slice(-3));
  const next = await fleet.ok(["spool", fleet.folder.write("many.txt", "y")]);
  assert(next > `many.${ids.at(-1)}`);
});
