/** `ftl jump --master`: blessings, and all kinds of pointers. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { Fleet, idOf } from "./fleet.ts";
import { createHash } from "node:crypto";
import { threeRevisions } from "./three_revisions.ts";
import { assertError } from "./assert_error.ts";

Deno.test("a pointer that names no revision is an integrity error, and the machine keeps what it runs", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const good = await fleet.spool("a.tgz", { v: "1" });
  await fleet.ok(["jump", "--master", good]);
  await web.ok(["sync"]);
  await fleet.bucket().put("a.rev", "../../etc/passwd", { metadata: {} });
  assertError(await web.ftl(["sync"]), { code: 5, says: /a\.rev in S3 names no revision of a/ });
  assertEquals(web.link("a/current"), `revs/${idOf(good)}`);
});

Deno.test("blessing the blessed revision again reports that its message was not changed", async () => {
  const { fleet, revisions: [, second] } = await threeRevisions();
  await using _fleet = fleet;
  const { code, stderr } = await fleet.ftl(["jump", "--master", second, "-m", "another"]);
  assertEquals(code, 0);
  assertStringIncludes(stderr, `${second} is blessed already: its message was not changed`);
});

Deno.test("a bucket of the Go original works unchanged", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["site"]);
  const bucket = fleet.bucket();
  const file = Deno.readFileSync(
    await fleet.pack("site.tgz", { v: "go\n", "ftl/post-spool": "echo original" }),
  );
  for (const id of ["201303057568Wq", "201303068000Ab"]) {
    await putBytes(fleet, `site.${id}.tgz`, file);
  }
  await bucket.put("site.current", "site.201303068000Ab\n", { metadata: {} });
  await bucket.put("site.previous", "site.201303057568Wq\n", { metadata: {} });
  assertEquals(
    await fleet.ok(["list", "--master", "site"]),
    "site.201303057568Wq\nsite.201303068000Ab\t(active)",
  );
  const { code, stderr } = await web.ftl(["sync"]);
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, "site.201303068000Ab post-sync| original\n");
  assertEquals(web.link("site/current"), "revs/201303068000Ab");
  assertEquals(web.names("site/revs"), ["201303057568Wq", "201303068000Ab"]);

  await fleet.ok(["jump-back", "--master", "site"]);
  assertEquals((await bucket.getSmall("site.rev"))?.text, "site.201303057568Wq");
  await web.ok(["sync"]);
  assertEquals(web.link("site/current"), "revs/201303057568Wq");
  const next = await fleet.spool("site.tgz", { v: "new" });
  assert(next > "site.201303068000Ab", "FTL's ids sort after the original's");
});

Deno.test("a .rev written by hand, with a newline at its end, is read", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", { v: "1" });
  await fleet.bucket().put("a.rev", `${revision}\n`, { metadata: {} });
  await web.ok(["sync"]);
  assertEquals(web.link("a/current"), `revs/${idOf(revision)}`);
});

/** Puts bytes there as another tool would, without FTL's metadata. */
async function putBytes(fleet: Fleet, key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  await fleet.bucket().upload(key, {
    size: bytes.length,
    parts: [{
      offset: 0,
      length: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("base64"),
    }],
    read: (offset, length) => bytes.slice(offset, offset + length),
  }, { metadata: {}, concurrency: 1 });
}

Deno.test("a blessed revision is activated by every machine's next sync", async () => {
  await using fleet = await Fleet.start();
  const machines = ["web-1", "web-2", "web-3"].map((name) => fleet.machine(name, ["my_site"]));
  const first = await fleet.spool("my_site.tgz", { "version.txt": "1\n" });
  assertEquals(await fleet.ok(["jump", "--master", first]), "");
  await Promise.all(machines.map((machine) => machine.ok(["sync"])));
  const second = await fleet.spool("my_site.tgz", { "version.txt": "2\n" });
  assert(second > first, "names sort by time");
  await fleet.ok(["jump", "--master", second, "-m", "ship it"]);
  assertEquals(await fleet.ok(["list", "--master", "my_site"]), `${first}\n${second}\t(active)`);
  await Promise.all(machines.map((machine) => machine.ok(["sync"])));
  for (const machine of machines) {
    assertEquals(machine.link("my_site/current"), `revs/${idOf(second)}`);
    assertEquals(machine.link("my_site/previous"), `revs/${idOf(first)}`);
    assertEquals(machine.read("my_site/current/version.txt"), "2\n");
    assertEquals(machine.names("my_site/.ftl/staging"), []);
  }
  const rev = await fleet.bucket().getSmall("my_site.rev");
  assertEquals(rev?.text, second);
  assertEquals(rev?.metadata["ftl-replaced"], idOf(first));
  assertEquals(rev?.metadata["ftl-message"], "ship it");
});

Deno.test("a pointer that is broken, empty or too large is repaired by blessing a revision", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", { v: "1" });
  for (const text of ["total garbage!", "", "x".repeat(5000)]) {
    await fleet.bucket().put("a.rev", text, { metadata: {} });
    const synced = await web.ftl(["sync"]);
    assertEquals(synced.code, 5, synced.stderr);
    assertMatch(synced.stderr, /a\.rev (in S3 names no revision of a|is no pointer to a revision)/);
    assertStringIncludes(synced.stderr, "hint: Bless one again: ftl jump --master a.<id>");
    const listed = await fleet.ftl(["list", "--master", "a"]);
    assertEquals([listed.code, listed.stdout], [0, `${revision}\n`]);
    await fleet.ok(["jump", "--master", revision]);
    await web.ok(["sync"]);
    assertEquals(web.link("a/current"), `revs/${idOf(revision)}`);
  }
});

Deno.test("an empty .previous of the Go original counts as none", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", { v: "1" });
  await fleet.bucket().put("a.current", revision, { metadata: {} });
  await fleet.bucket().put("a.previous", "", { metadata: {} });
  await web.ok(["sync"]);
  assertEquals(web.link("a/current"), `revs/${idOf(revision)}`);
});
