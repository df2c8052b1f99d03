/** `ftl purge`, and how a sync removes: what is removed, what stays, and what a kill leaves. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { Mount } from "../proof/mounts.ts";
import { MOUNTING, testWith } from "../required_program.ts";
import { remarks } from "./doctor_fleet.ts";
import { Fleet, idOf, type Machine } from "./fleet.ts";
import { threeRevisions } from "./three_revisions.ts";

const KEEP_NONE = { env: { FTL_KEEP: "0" } };

async function deploy(fleet: Fleet, web: Machine, version: string): Promise<[string, string]> {
  const revision = await fleet.spool("a.tgz", { version, "data/file": "x" });
  await fleet.bless(revision);
  const { code, stderr } = await web.ftl(["sync"], KEEP_NONE);
  assertEquals(code, 0, stderr);
  assertEquals(web.read("a/current/version"), version);
  return [revision, stderr];
}

testWith(
  MOUNTING,
  "a mount in an old revision keeps that revision and its data, and nothing else",
  async () => {
    await using fleet = await Fleet.start();
    const web = fleet.machine("web", ["a"]);
    const [first] = await deploy(fleet, web, "1");
    const place = `${web.root}/a/revs/${idOf(first)}/data`;
    const data = fleet.folder.folder("data");
    fleet.folder.write("data/photo", "precious");
    {
      using _mount = Mount.bind(data, place);
      const told = [
        await deploy(fleet, web, "2"),
        await deploy(fleet, web, "3"),
        await deploy(fleet, web, "4"),
      ]
        .map(([, stderr]) => stderr.split("\n").filter((line) => line.includes("mount point")));
      assertEquals(told.map((lines) => lines.length), [0, 1, 0]);
      assertMatch(
        told[1]?.[0] ?? "",
        new RegExp(`^warning: Cannot remove ${first}: ${place} is a mount point; it stays`),
      );
      assertEquals(Deno.readTextFileSync(`${data}/photo`), "precious");
      const found = remarks(await web.ftl(["doctor"])).filter((line) =>
        line.includes("unfinished")
      );
      assertEquals(found.length, 1);
      assertStringIncludes(found[0] ?? "", `revs/${idOf(first)} cannot be deleted`);
      const purged = await web.ftl(["purge", first]);
      assertEquals(purged.code, 7);
      assertStringIncludes(purged.stderr, `\nhint: umount ${place}`);
      assert(web.names(`a/revs/${idOf(first)}`).includes("version"));
    }
    await deploy(fleet, web, "5");
    assert(!web.names("a/revs").includes(idOf(first)));
    assertEquals(web.names("a/.ftl/trash"), []);
    assertEquals(Deno.readTextFileSync(`${data}/photo`), "precious");
  },
);

Deno.test("purge refuses the active, the blessed and the previous revision by name", async () => {
  const { fleet, web, revisions: [first, second, third] } = await threeRevisions();
  await using _fleet = fleet;
  await web.ok(["jump", third]);
  const cases = [[third, "active"], [second, "blessed"]] as const;
  for (const [revision, why] of cases) {
    const { code, stderr } = await web.ftl(["purge", revision]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, `ftl: Cannot remove ${revision}: it is ${why}\n`);
  }
  for (const [revision, why] of [[second, "blessed"], [first, "the previous one"]]) {
    const { code, stderr } = await fleet.ftl(["purge", "--master", revision ?? ""]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, `ftl: Cannot remove ${revision}: it is ${why}\n`);
  }
  assertEquals((await fleet.bucket().list("a.")).length, 4);
  assertEquals(web.names("a/revs").length, 3);
});

Deno.test("purge removes one revision, here and in S3, after its pre-remove", async () => {
  const { fleet, web } = await threeRevisions();
  await using _fleet = fleet;
  const extra = await fleet.spool("a.tgz", { "pre-remove.sh": "#!/bin/sh\necho bye\n" });
  await web.ok(["sync"]);
  const dry = await web.ftl(["purge", "--dry-run", extra]);
  assertEquals([dry.code, dry.stdout], [0, `remove\t${extra}\n`]);
  assert(web.names("a/revs").includes(idOf(extra)));
  const { code, stderr } = await web.ftl(["purge", extra]);
  assertEquals(code, 0);
  assertStringIncludes(stderr, `${extra} pre-remove| bye\n`);
  assert(!web.names("a/revs").includes(idOf(extra)));
  assertEquals(web.names("a/.ftl/trash"), []);
  assertEquals(web.names("a/.ftl/state").includes(`${idOf(extra)}.json`), false);

  await web.ok(["sync"]);
  assert(web.names("a/revs").includes(idOf(extra)), "S3 still has it, so sync fetches it again");
  assertEquals((await fleet.ftl(["purge", "--master", extra])).code, 0);
  assertEquals((await fleet.ftl(["purge", "--master", extra])).code, 3);
  await web.ok(["sync"]);
  assert(!web.names("a/revs").includes(idOf(extra)), "purged from S3, so sync removes it");
});

Deno.test("purge --keep removes all but the newest and the protected", async () => {
  const { fleet, revisions: [first, second, third] } = await threeRevisions();
  await using _fleet = fleet;
  const more = [await fleet.spool("a.tgz", { v: "4" }), await fleet.spool("a.tgz", { v: "5" })];
  const dry = await fleet.ok(["purge", "--master", "--keep", "1", "a", "--dry-run"]);
  assertEquals(dry, `remove\t${third}\nremove\t${more[0]}`);
  await fleet.ok(["purge", "--master", "--keep", "1", "a"]);
  assertEquals(
    await fleet.ok(["list", "--master", "a"]),
    `${first}\n${second}\t(active)\n${more[1]}`,
  );
});

Deno.test("a pre-remove that fails keeps its revision, and each sync reports it", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const stubborn = await fleet.spool("a.tgz", { "pre-remove.sh": "#!/bin/sh\nexit 4\n" });
  await web.ok(["sync"]);
  await fleet.ok(["spool", await fleet.pack("a.tgz", { v: "2" })]);
  await fleet.ok(["purge", "--master", stubborn]);
  for (const args of [["sync"], ["sync"], ["purge", stubborn]]) {
    const { code, stderr } = await web.ftl(args);
    assertEquals(code, 6);
    assertStringIncludes(stderr, `ftl: ${stubborn} pre-remove failed: exit 4\n`);
    assert(web.names("a/revs").includes(idOf(stubborn)));
  }
});

Deno.test("after a kill during pre-remove, post-sync is to be run again", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const first = await fleet.spool("a.tgz", {
    "post-sync.sh": '#!/bin/sh\necho >> "$FTL_ROOT/made"\n',
    "pre-remove.sh": '#!/bin/sh\n[ -e "$FTL_ROOT/killed" ] && exit\n' +
      'touch "$FTL_ROOT/killed"\nkill -s KILL "$FTL_PID"\n',
  });
  const others = [await fleet.spool("a.tgz", { v: "2" }), await fleet.spool("a.tgz", { v: "3" })];
  const codes: number[] = [];
  for (const revision of [first, ...others]) {
    await fleet.bless(revision);
    codes.push((await web.ftl(["sync"], { env: { FTL_KEEP: "1" } })).code);
  }
  assertEquals([codes, web.read("made")], [[0, 0, 137], "\n"]);
  await fleet.bless(first);
  await web.ok(["sync"]);
  assertEquals([web.link("a/current"), web.read("made")], [`revs/${idOf(first)}`, "\n\n"]);
});

Deno.test("a revision that is blessed while others are removed stays", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revisions: string[] = [];
  // The removal of the first revision takes a while. Meanwhile another sync learns that the second one is
  // blessed.
  const slow = '#!/bin/sh\nsleep 0.3\nread -r id < "$FTL_ROOT/next"\n' +
    'printf \'{"version":"v","blessed":"%s"}\' "$id" > "$FTL_ROOT/a/.ftl/master.json"\n';
  for (const files of [{ "pre-remove.sh": slow }, { v: "2" }, { v: "3" }]) {
    revisions.push(await fleet.spool("a.tgz", files));
  }
  await web.ok(["sync"], { env: { FTL_KEEP: "3" } });
  const [, second = ""] = revisions;
  Deno.writeTextFileSync(`${web.root}/next`, `${idOf(second)}\n`);
  await web.ok(["purge", "a", "--keep", "0"]);
  assertEquals(web.names("a/revs"), [idOf(second)]);
});
