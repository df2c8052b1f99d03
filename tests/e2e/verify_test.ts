/** `ftl verify` on a machine and in S3, and what each kind of tampering looks like. */
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { TempFolder } from "../temp.ts";
import { until } from "../until.ts";
import { assertError } from "./assert_error.ts";
import { Fleet, idOf, type Machine, type Ran } from "./fleet.ts";
import { document } from "./json_run.ts";

const FILES = {
  "bin/run.sh": "#!/bin/sh\n",
  "index.html": "hello",
  "docs/a": "a",
  "docs/b": "b",
  "time": "x",
};

interface Given {
  readonly fleet: Fleet;
  readonly web: Machine;
  readonly revision: string;
  /** Below the root. */
  readonly folder: string;
  /** The absolute path. */
  readonly path: string;
}

/** A machine that runs a revision. */
async function running(): Promise<Given> {
  const fleet = await Fleet.start();
  const web = fleet.machine("web", ["site"]);
  const revision = await fleet.spool("site.tgz", FILES);
  await fleet.bless(revision);
  await web.ok(["sync"]);
  const folder = `site/revs/${idOf(revision)}`;
  return { fleet, web, revision, folder, path: `${web.root}/${folder}` };
}

/** Everything below a folder, with times and inodes. */
function snapshot(path: string): string {
  const args = [path, "-printf", "%p %m %s %n %i %T@ %C@ %l\n"];
  const { stdout } = new Deno.Command("find", { args }).outputSync();
  return new TextDecoder().decode(stdout);
}

function lines({ stdout }: Ran): string[] {
  return stdout.split("\n").filter((line) => line !== "");
}

Deno.test("what is as it was spooled is exit 0, without a word on stdout, and nothing is written", async () => {
  const { fleet, web, revision } = await running();
  await using _fleet = fleet;
  const before = snapshot(web.root);
  fleet.server.clearLog();
  for (const args of [["verify"], ["verify", "site"], ["verify", revision, "--strict"]]) {
    const { code, stdout, stderr } = await web.ftl(args);
    assertEquals([code, stdout], [0, ""], stderr);
    assertMatch(stderr, new RegExp(`^${revision}: \\d+ entries, \\d+ B: as it was spooled, in `));
  }
  assertEquals(snapshot(web.root), before);
  const methods = fleet.server.log.map(({ method }) => method);
  assertEquals(methods, ["GET", "GET", "GET"]);
  const quiet = await web.ftl(["verify", "--quiet"]);
  assertEquals([quiet.code, quiet.stdout, quiet.stderr], [0, "", ""]);
});

Deno.test("each kind of tampering is a line, and exit 5; what is extra alone is not", async () => {
  const { fleet, web, revision, path } = await running();
  await using _fleet = fleet;
  Deno.writeTextFileSync(`${path}/a\nb`, "of a script");
  Deno.utimeSync(`${path}/time`, 1, 1);
  const extra = await web.ftl(["verify"]);
  assertEquals([extra.code, lines(extra)], [0, [`extra\t${path}/a\\x0ab`]]);
  const strict = await web.ftl(["verify", "--strict"]);
  assertEquals(strict.code, 5);
  assertMatch(strict.stdout, /^changed\t\S+\/time\ttime 1970-01-01T00:00:01.000Z, spooled as /m);

  Deno.chmodSync(`${path}/bin/run.sh`, 0o777);
  Deno.writeTextFileSync(`${path}/index.html`, "hellO");
  Deno.removeSync(`${path}/docs/a`);
  Deno.renameSync(`${path}/docs/b`, `${web.root}/site/b`);
  Deno.symlinkSync("../../../b", `${path}/docs/b`);
  const ran = await web.ftl(["verify", "site"]);
  assertEquals(ran.code, 5, ran.stderr);
  // Some of them have another time as well, which is shown beside what matters.
  assertEquals(lines(ran).map((line) => line.replace(/;? ?time \S+, spooled as [^;]+(; )?/, "")), [
    `extra\t${path}/a\\x0ab`,
    `changed\t${path}/bin/run.sh\tmode 0777, spooled as 0755`,
    `missing\t${path}/docs/a`,
    `changed\t${path}/docs/b\ttype symlink, spooled as file`,
    `changed\t${path}/index.html\tcontent`,
  ]);
  assertMatch(
    ran.stderr,
    new RegExp(`^ftl: ${revision} is not what was spooled: 3 changed, 1 missing, 1 extra$`, "m"),
  );
  const { revisions: [found] } = await document(web, ["verify"], 5);
  assertEquals(found.failures[0].exitCode, 5);
  assertEquals(found.findings[1].differences[0], {
    what: "mode",
    found: "0777",
    spooled: "0755",
  });
});

Deno.test("a revision of one file is verified, and each package by itself", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["one", "two", "none"]);
  for (const name of ["one.txt", "two.txt.gz"]) {
    await fleet.ok(["jump", "--master", await spoolText(fleet, name, "text\n")]);
  }
  await web.ok(["sync", "one", "two"]);
  assertEquals((await web.ftl(["verify"])).code, 0);
  Deno.writeTextFileSync(`${web.root}/two/current/two.txt`, "tex\n");
  const ran = await web.ftl(["verify"]);
  assertEquals(ran.code, 5);
  const [only, ...others] = lines(ran);
  assertEquals(others, []);
  assertMatch(only ?? "", /\/two\/revs\/\w+\/two\.txt\tsize 4, spooled as 5$/);
  assertEquals((await web.ftl(["verify", "one"])).code, 0);
  assertError(await web.ftl(["verify", "none"]), {
    code: 3,
    says: /No revision of none is active/,
  });
  assertError(await web.ftl(["verify", "other"]), { code: 3, says: /No package other/ });
});

/** Spools a file of one line, packed if its name says so. */
async function spoolText(fleet: Fleet, name: string, text: string): Promise<string> {
  const path = `${fleet.folder.path}/${name}`;
  const file = name.replace(/\.gz$/, "");
  Deno.writeTextFileSync(`${fleet.folder.path}/${file}`, text);
  if (name.endsWith(".gz")) {
    new Deno.Command("gzip", { args: ["-kf", `${fleet.folder.path}/${file}`] }).outputSync();
  }
  return await fleet.ok(["spool", path]);
}

Deno.test("where the object is gone, or another one, ftl cannot tell, and says so", async () => {
  const { fleet, web, revision, path } = await running();
  await using _fleet = fleet;
  const bucket = fleet.bucket();
  const key = `${revision}.tgz`;
  const { metadata = {} } = await bucket.head(key) ?? {};
  await bucket.put(key, "another object", { metadata });
  const says = new RegExp(`Cannot tell whether ${revision} is what was spooled`);
  assertError(await web.ftl(["verify"]), { code: 5, says });
  await bucket.remove(key);
  assertError(await web.ftl(["verify"]), { code: 3, says });
  // The machine does not know what it fetched.
  Deno.writeTextFileSync(`${web.root}/site/.ftl/state/${idOf(revision)}.json`, '{"postSync":"ok"}');
  const unknown = await web.ftl(["verify"]);
  assertError(unknown, { code: 5, says: /\.json does not say what was fetched/ });
  assert(Deno.statSync(path).isDirectory, "nothing that runs was touched");
});

Deno.test("an object with other bytes and the metadata of the true one does not deceive a machine", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["one"]);
  const revision = await spoolText(fleet, "one.txt", "text\n");
  await fleet.bless(revision);
  await web.ok(["sync"]);
  // Somebody writes both: the object, and what the machine remembers of it.
  const bucket = fleet.bucket();
  const { metadata = {} } = await bucket.head(`${revision}.txt`) ?? {};
  const etag = await bucket.put(`${revision}.txt`, "evil\n", { metadata });
  const state = `${web.root}/one/.ftl/state/${idOf(revision)}.json`;
  const known = JSON.parse(Deno.readTextFileSync(state));
  Deno.writeTextFileSync(state, JSON.stringify({ ...known, etag }));
  Deno.writeTextFileSync(`${web.root}/one/current/one.txt`, "evil\n");
  assertError(await web.ftl(["verify"]), { code: 5, says: /has other bytes now/ });
  const master = await fleet.ftl(["verify", "--master", revision]);
  assertError(master, { code: 5, says: /is not what was spooled: it does not have the checksum/ });
});

Deno.test("a revision that is purged while it is verified is an error, not a missing tree", async () => {
  const { fleet, web, revision } = await running();
  await using _fleet = fleet;
  const second = await fleet.spool("site.tgz", { ...FILES, more: "x" });
  await web.ok(["sync"]);
  const key = `${second}.tgz`;
  fleet.server.addFault({ method: "GET", key, fault: { kind: "stall", bytes: 10 } });
  fleet.server.clearLog();
  const verifying = web.ftl(["verify", second]);
  await until(() => fleet.server.log.some((one) => one.key === key), "the download");
  await web.ok(["purge", second]);
  fleet.server.clearFaults();
  const says = new RegExp(`${second} was removed while it was verified`);
  assertError(await verifying, { code: 3, says });
  assertEquals((await web.ftl(["verify", revision])).code, 0);
});

Deno.test("--master reads a revision whole, or the blessed one of a package", async () => {
  await using fleet = await Fleet.start();
  const revision = await spoolText(fleet, "one.txt", "text\n");
  const nothing = await fleet.ftl(["verify", "--master", "one"]);
  assertError(nothing, { code: 3, says: /Nothing is blessed of one/ });
  await fleet.bless(revision);
  for (const name of ["one", revision]) {
    const found = await document(fleet, ["verify", "--master", name]);
    assertEquals([found.revision, found.blessed, found.checked], [revision, true, "sha256"]);
    assertEquals([found.size, found.sha256.length], [5, 64]);
    assertEquals(found.signed.map((part: { verdict: string }) => part.verdict), [
      "unchecked",
      "unchecked",
    ]);
  }
  const ran = await fleet.ftl(["verify", "--master", "one"]);
  assertMatch(lines(ran)[0] ?? "", /^ok\tobject\tone\.\w+\.txt\t5 bytes, SHA-256 [0-9a-f]{64}$/);
  assertEquals(lines(ran).slice(1), [
    "unsigned\trevision\tit is not signed",
    "unsigned\tblessing\tit is not signed",
  ]);
  assertError(await fleet.ftl(["verify", "--master", "two"]), {
    code: 3,
    says: /Nothing is blessed/,
  });
  const bucket = fleet.bucket();
  await bucket.put(`${revision}.txt`, "TEXT\n", { metadata: {} });
  const swapped = await fleet.ftl(["verify", "--master", "one"]);
  assertError(swapped, { code: 5, says: /is not what was spooled: another SHA-256 is blessed/ });
});

Deno.test("what does not go together is a usage error", async () => {
  using folder = new TempFolder();
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["one"]);
  const cases: [args: string[], says: RegExp][] = [
    [["--master"], /needs one revision or package/],
    [["--master", "a", "b"], /needs one revision or package/],
    [["--master", "--strict", "a"], /--strict is about files on this machine/],
    [["--show", `${folder.path}/new`, "one"], /--show needs --master/],
    [["--trust", "/nowhere", "--strict"], /--strict needs a revision/],
    [["../one"], /is not the name of a package/],
  ];
  for (const [args, says] of cases) {
    assertError(await web.ftl(["verify", ...args]), { code: 2, says });
  }
});
