/** `ftl sync`: what is fetched, activated, kept and removed. Its order is in sync_order_test.ts. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "../assert.ts";
import { treeOf } from "../temp.ts";
import { Fleet, idOf } from "./fleet.ts";
import { zstdCompressSync } from "node:zlib";
import { threeRevisions } from "./three_revisions.ts";

Deno.test("an empty listing removes nothing and forgets nothing", async () => {
  const { fleet, web } = await threeRevisions();
  await using _fleet = fleet;
  const before = web.names("a/revs");
  const bucket = fleet.bucket();
  for (const { key } of await bucket.list("")) await bucket.remove(key);
  const { code, stderr } = await web.ftl(["sync"]);
  assertEquals(web.names("a/revs"), before);
  assertNotEquals(web.link("a/current"), undefined);
  assertEquals(code, 0, stderr);
});

Deno.test("sync --dry-run shows what would be done, and does none of it", async () => {
  const { fleet, web, revisions: [first, second, third] } = await threeRevisions();
  await using _fleet = fleet;
  await fleet.bless(third);
  const fourth = await fleet.spool("a.tgz", { v: "4" });
  const before = [web.names("a/revs"), web.link("a/current"), web.names("a/.ftl")];
  const { code, stdout } = await web.ftl(["sync", "--dry-run"]);
  assertEquals([code, stdout], [0, `fetch\t${fourth}\nactivate\t${third}\nremove\t${first}\n`]);
  assertEquals([web.names("a/revs"), web.link("a/current"), web.names("a/.ftl")], before);
  assertEquals(web.link("a/current"), `revs/${idOf(second)}`);

  const fresh = fleet.machine("fresh", ["a"]);
  await fresh.ok(["sync", "--dry-run"]);
  assertEquals(fresh.names("a"), [], "not even FTL's own folder is made");
});

Deno.test("sync --splay waits no longer than the given time", async () => {
  const { fleet, web } = await threeRevisions();
  await using _fleet = fleet;
  await web.ok(["sync", "--splay", "1"]);
  const { code, stderr } = await web.ftl(["sync", "--splay", "soon"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "--splay is not a whole number: 'soon'");
});

Deno.test("two syncs at once never fetch the same revision twice", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", { v: "1" });
  fleet.server.clearLog();
  const results = await Promise.all([1, 2, 3].map(() => web.ftl(["sync"])));
  assertEquals(results.map(({ code }) => code), [0, 0, 0]);
  const fetches = fleet.server.log.filter(({ key }) => key === `${revision}.tgz`);
  assertEquals(fetches.length, 1);
});

Deno.test("the next sync deletes what a killed sync left behind", async () => {
  const { fleet, web } = await threeRevisions();
  await using _fleet = fleet;
  const before = web.names("a/.ftl");
  for (const path of ["staging/Vabcdefghij/deep", "aside/17", "trash/Vabcdefghij.x/deep"]) {
    Deno.mkdirSync(`${web.root}/a/.ftl/${path}`, { recursive: true });
    Deno.writeTextFileSync(`${web.root}/a/.ftl/${path}/file`, "half");
  }
  await web.ok(["sync"]);
  assertEquals(web.names("a/.ftl/staging"), []);
  assertEquals(web.names("a/.ftl/trash"), []);
  assertEquals(web.names("a/.ftl"), before);
});

Deno.test("a revision whose post-sync was never finished is prepared by the next sync", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const flag = `${fleet.folder.path}/flag`;
  const revision = await fleet.spool("a.tgz", {
    "post-sync.sh": `#!/bin/sh\ntest -e ${flag} && exit 0\ntouch ${flag}\nkill -9 $PPID\n`,
  });
  await fleet.bless(revision);
  assertNotEquals((await web.ftl(["sync"])).code, 0);
  assertEquals(web.link("a/current"), undefined);
  const refused = await web.ftl(["jump", revision]);
  assertEquals(refused.code, 6);
  assertStringIncludes(refused.stderr, "its post-sync has not run yet");
  await web.ok(["sync"]);
  assertEquals(web.link("a/current"), `revs/${idOf(revision)}`);
});

Deno.test("every form of file arrives as docs/formats.md says", async () => {
  await using fleet = await Fleet.start();
  const files = { "a.txt": "hello\n", "bin/run.sh": "#!/bin/sh\n" };
  const packed = ['a.txt 0644 "hello\\n"', "bin/ 0755", 'bin/run.sh 0755 "#!/bin/sh\\n"'];
  const plain = fleet.folder.write("note.txt", "just text\n");
  const gzipped = fleet.folder.write("data.json", "{}\n");
  assertEquals((await new Deno.Command("gzip", { args: ["-k", gzipped] }).output()).code, 0);
  const bare = fleet.folder.write("tool", "no dot\n");
  const cases: [file: string, tree: string[]][] = [
    [await fleet.pack("t1.tar", files), packed],
    [await fleet.pack("t2.tar.gz", files), packed],
    [await fleet.pack("t3.tgz", files), packed],
    [await fleet.pack("t4.tar.zst", files), packed],
    [await fleet.pack("t5.tzst", files), packed],
    [`${gzipped}.gz`, ['data.json 0644 "{}\\n"']],
    [plain, ['note.txt 0644 "just text\\n"']],
    [bare, ['tool 0644 "no dot\\n"']],
  ];
  const names = cases.map(([file]) => file.replace(/^.*\//, "").replace(/\..*$/, ""));
  const web = fleet.machine("web", names);
  for (const [file] of cases) await fleet.ok(["spool", file]);
  await web.ok(["sync"]);
  for (const [i, [file, tree]] of cases.entries()) {
    const [id] = web.names(`${names[i]}/revs`);
    assertEquals(treeOf(`${web.root}/${names[i]}/revs/${id}`), tree, file);
  }
});

Deno.test("zstd-compressed single files are decompressed", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["data"]);
  const file = fleet.folder.write("data.json.zst", zstdCompressSync("{}\n"));
  const revision = await fleet.ok(["spool", file]);
  await web.ok(["sync"]);
  assertEquals(web.read(`data/revs/${idOf(revision)}/data.json`), "{}\n");
});

Deno.test("sync keeps the newest FTL_KEEP revisions ready and removes those that are not needed", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revisions: string[] = [];
  for (let i = 0; i < 4; i++) revisions.push(await fleet.spool("a.tgz", { v: `${i}` }));
  const ids = revisions.map(idOf);
  await web.ok(["sync"], { env: { FTL_KEEP: "2" } });
  assertEquals(web.names("a/revs"), ids.slice(2));
  await fleet.ok(["jump", "--master", revisions[1] ?? ""]);
  await web.ok(["sync"], { env: { FTL_KEEP: "1" } });
  assertEquals(web.names("a/revs"), [ids[1], ids[3]]);
  assertEquals(web.link("a/current"), `revs/${ids[1]}`);
  await fleet.ok(["jump", "--master", revisions[3] ?? ""]);
  await web.ok(["sync"]);
  assertEquals(web.names("a/revs"), [ids[1], ids[3]], "the one that was replaced stays");
});

Deno.test("a sync with nothing to do makes one request for each package", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a", "b"]);
  for (const name of ["a", "b"]) {
    await fleet.bless(await fleet.spool(`${name}.tgz`, { x: name }));
  }
  await web.ok(["sync"]);
  fleet.server.clearLog();
  const { stderr } = await web.ftl(["sync"]);
  assertEquals(fleet.server.log.map(({ method }) => method), ["GET", "GET"]);
  assertMatch(stderr, /^a: nothing to do, a\.\w+ is active$/m);
});

Deno.test("a small revision is fetched with one request", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", { x: "1" });
  fleet.server.clearLog();
  await web.ok(["sync"]);
  const paths = fleet.server.log.map(({ method, key }) => `${method} ${key ?? ""}`);
  assertEquals(paths, ["GET ", `GET ${revision}.tgz`]);
});

Deno.test("one package's failure does not stop the others", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["bad", "good"]);
  await fleet.bucket().put("bad.rev", "bad.nosuchrevision", { metadata: {} });
  const good = await fleet.spool("good.tgz", { x: "1" });
  await fleet.bless(good);
  const { code, stderr } = await web.ftl(["sync"]);
  assertEquals(code, 3);
  assertStringIncludes(stderr, "ftl: The blessed revision bad.nosuchrevision is not in s3://");
  assertEquals(web.link("good/current"), `revs/${idOf(good)}`);
});

Deno.test("other files in a package's directory and in the root are left alone", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  Deno.writeTextFileSync(`${web.root}/a/notes.txt`, "mine");
  Deno.mkdirSync(`${web.root}/a/revs/my own folder`, { recursive: true });
  Deno.mkdirSync(`${web.root}/lost+found`);
  Deno.writeTextFileSync(`${web.root}/file`, "mine");
  await fleet.bless(await fleet.spool("a.tgz", { x: "1" }));
  await web.ok(["sync"]);
  assertEquals(await web.ok(["list"]), "a");
  assertEquals(web.read("a/notes.txt"), "mine");
  assert(web.names("a/revs").includes("my own folder"));
  assertEquals(web.names("lost+found"), []);
});

Deno.test("broken packages do not stop the others in sync, status and dry run", async () => {
  await using fleet = await Fleet.start();
  const names = ["a0", "a1", "a2", "b3", "b4", "b5"];
  const web = fleet.machine("web", names);
  Deno.mkdirSync(`${web.root}/a0/current`);
  for (const name of names) {
    await fleet.bless(await fleet.spool(`${name}.tgz`, { v: name }));
  }
  const env = { FTL_CONCURRENCY: "1" };
  const plans = await web.ftl(["sync", "--dry-run"], { env });
  assertEquals(plans.code, 7);
  assertEquals(plans.stdout.match(/^activate\t/gm)?.length, names.length - 1);
  const { code, stderr } = await web.ftl(["sync"], { env });
  assertEquals(code, 7, stderr);
  assertStringIncludes(stderr, "a0/current is not a link");
  for (const name of names.slice(1)) assertNotEquals(web.link(`${name}/current`), undefined, name);
  const status = await web.ftl(["status"]);
  assertEquals(status.code, 7);
  assertMatch(status.stdout, /^PACKAGE +b5$/m);
});

Deno.test("old revisions are removed even if the blessed revision cannot be activated", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const good = await fleet.spool("a.tgz", { v: "1" });
  await fleet.bless(good);
  await web.ok(["sync"]);
  const bad = await fleet.spool("a.tgz", { "post-sync.sh": "#!/bin/sh\nexit 1\n" });
  await fleet.bless(bad);
  for (let i = 0; i < 4; i++) {
    await fleet.spool("a.tgz", { v: `later ${i}` });
    assertEquals((await web.ftl(["sync"], { env: { FTL_KEEP: "1" } })).code, 6);
  }
  const kept = web.names("a/revs");
  assertEquals(kept.length, 3, "what runs, the blessed one, and one candidate");
  assertEquals(web.link("a/current"), `revs/${idOf(good)}`);
});

Deno.test("a held revision that somebody deleted is fetched again, and stays active", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const blessed = await fleet.spool("a.tgz", { v: "1" });
  await fleet.bless(blessed);
  const held = await fleet.spool("a.tgz", { v: "2" });
  await web.ok(["sync"]);
  await web.ok(["jump", held]);
  for (const v of ["3", "4"]) await fleet.spool("a.tgz", { v });
  Deno.removeSync(`${web.root}/a/revs/${idOf(held)}`, { recursive: true });
  await web.ok(["sync"], { env: { FTL_KEEP: "1" } });
  assertEquals(web.read("a/current/v"), "2");
});
