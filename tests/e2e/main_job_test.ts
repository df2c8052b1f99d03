import { zstdCompressSync } from "node:zlib";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { treeOf } from "../temp.ts";
import { Fleet, idOf } from "./fleet.ts";

Deno.test("spool uploads the file byte for byte and prints the revision's name alone", async () => {
  await using fleet = await Fleet.start();
  const file = await fleet.pack("my_site.tar.gz", { "a.txt": "hello\n" });
  const { code, stdout, stderr } = await fleet.ftl(["spool", file, "-m", "first"]);
  assertEquals(code, 0);
  assertMatch(stdout, /^my_site\.[0-9A-Za-z]{11}\n$/);
  assertStringIncludes(stderr, "uploaded");

  const bucket = fleet.bucket();
  const key = `${stdout.trim()}.tar.gz`;
  assertEquals((await bucket.list("")).map((object) => object.key), [key]);
  const info = await bucket.head(key);
  assertEquals(info?.size, Deno.statSync(file).size);
  const digest = await crypto.subtle.digest("SHA-256", Deno.readFileSync(file));
  const hex = [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, "0")).join("");
  assertEquals(info?.metadata["ftl-sha256"], hex);
  assertEquals(info?.metadata["ftl-message"], "first");
  assertMatch(info?.metadata["ftl-by"] ?? "", /^tester@./);
});

Deno.test("who spooled is the one who called sudo, else the user as the system knows them", async () => {
  await using fleet = await Fleet.start();
  const file = await fleet.pack("a.tgz", { v: "1" });
  const spooledBy = async (env: Record<string, string | undefined>): Promise<string> => {
    const { stdout } = await fleet.ftl(["spool", file], { env });
    const { metadata } = await fleet.bucket().head(`${stdout.trim()}.tgz`) ?? {};
    return metadata?.["ftl-by"]?.replace(/@.*/, "") ?? "";
  };
  assertEquals(await spooledBy({ SUDO_USER: "ann", USER: "root" }), "ann");
  assertEquals(await spooledBy({ USER: "bob" }), "bob");
  const { stdout } = await new Deno.Command("id", { args: ["-un"] }).output();
  const known = new TextDecoder().decode(stdout).trim();
  assertEquals(await spooledBy({ USER: undefined, LOGNAME: undefined }), known);
});

Deno.test("a revision travels from spool over sync and jump to the current link", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["my_site"]);
  const first = await fleet.spool("my_site.tgz", { "version.txt": "1\n" });

  assertEquals(await fleet.ok(["list", "--master"]), "my_site");
  assertEquals(await fleet.ok(["list", "--master", "my_site"]), first);
  assertEquals(await web.ok(["list"]), "my_site");
  assertEquals(await web.ok(["list", "my_site"]), "");

  const synced = await web.ftl(["sync"]);
  assertEquals([synced.code, synced.stdout], [0, ""]);
  assertEquals(await web.ok(["list", "my_site"]), first);
  assertEquals(web.link("my_site/current"), undefined);

  assertEquals(await web.ok(["jump", first]), "");
  assertEquals(web.link("my_site/current"), `revs/${idOf(first)}`);
  assertEquals(web.read("my_site/current/version.txt"), "1\n");
  assertEquals(await web.ok(["list", "my_site"]), `${first}\t(active)`);
});

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

Deno.test("sync holds the newest FTL_KEEP ready and removes what is no longer wanted", async () => {
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
    await fleet.ok(["jump", "--master", await fleet.spool(`${name}.tgz`, { x: name })]);
  }
  await web.ok(["sync"]);
  fleet.server.clearLog();
  const { stderr } = await web.ftl(["sync"]);
  assertEquals(fleet.server.log.map(({ method }) => method), ["GET", "GET"]);
  assertMatch(stderr, /^a: nothing to do, a\.\w+ is active$/m);
});

Deno.test("a small revision is fetched by one request", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", { x: "1" });
  fleet.server.clearLog();
  await web.ok(["sync"]);
  const paths = fleet.server.log.map(({ method, key }) => `${method} ${key ?? ""}`);
  assertEquals(paths, ["GET ", `GET ${revision}.tgz`]);
});

Deno.test("a large revision is uploaded in parts and fetched in ranges", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["big"]);
  const bytes = new Uint8Array(21_000_000);
  for (let i = 0; i < bytes.length; i += 65_536) {
    crypto.getRandomValues(bytes.subarray(i, i + 65_536));
  }
  const file = fleet.folder.write("big.bin", bytes);
  const revision = await fleet.ok(["spool", file]);
  await web.ok(["sync"]);
  assertEquals(Deno.readFileSync(`${web.root}/big/revs/${idOf(revision)}/big.bin`), bytes);
  const ranges = fleet.server.log.filter(({ method, key }) => method === "GET" && key);
  assertEquals(ranges.length, 3);
});

Deno.test("one package's failure does not stop the others", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["bad", "good"]);
  await fleet.bucket().put("bad.rev", "bad.nosuchrevision", { metadata: {} });
  const good = await fleet.spool("good.tgz", { x: "1" });
  await fleet.ok(["jump", "--master", good]);
  const { code, stderr } = await web.ftl(["sync"]);
  assertEquals(code, 3);
  assertStringIncludes(stderr, "ftl: The blessed revision bad.nosuchrevision is not in s3://");
  assertEquals(web.link("good/current"), `revs/${idOf(good)}`);
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

Deno.test("an id is greater than the newest one though the spooling machine's clock is behind", async () => {
  await using fleet = await Fleet.start();
  await fleet.bucket().put("a.Zzzzzzz0000.txt", "x", { metadata: {} });
  const revision = await fleet.ok(["spool", fleet.folder.write("a.txt", "y")]);
  assertEquals(revision.slice(0, 9), "a.a000000");
});

Deno.test("other files in a package's directory and in the root are left alone", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  Deno.writeTextFileSync(`${web.root}/a/notes.txt`, "mine");
  Deno.mkdirSync(`${web.root}/a/revs/my own folder`, { recursive: true });
  Deno.mkdirSync(`${web.root}/lost+found`);
  Deno.writeTextFileSync(`${web.root}/file`, "mine");
  await fleet.ok(["jump", "--master", await fleet.spool("a.tgz", { x: "1" })]);
  await web.ok(["sync"]);
  assertEquals(await web.ok(["list"]), "a");
  assertEquals(web.read("a/notes.txt"), "mine");
  assert(web.names("a/revs").includes("my own folder"));
  assertEquals(web.names("lost+found"), []);
});
