/** `ftl spool FOLDER`: what is packed and said, what is sent the second time, and what a machine gets. */
import { checkArchive } from "../../src/archive/check.ts";
import { formatTree, hashTree } from "../../src/archive/tree/tree.ts";
import { TreeTaker } from "../../src/archive/tree/tree_taker.ts";
import { putTree } from "../../src/catalog/delta/objects.ts";
import { requireRevisionName } from "../../src/revision/names.ts";
import { noise } from "../archive/builders.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { treeOf } from "../temp.ts";
import { Fleet, idOf, type Machine } from "./fleet.ts";

function filesOf(web: Machine, revision: string): string[] {
  return treeOf(`${web.root}/my_site/revs/${idOf(revision)}`);
}

Deno.test("a machine gets what is in a spooled folder, and the folder's name is the package's", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["my_site"]);
  fleet.folder.write("my_site/index.html", "hello\n", 0o644);
  fleet.folder.write("my_site/bin/run.sh", "#!/bin/sh\n", 0o755);
  const root = fleet.folder.folder("my_site");
  Deno.symlinkSync("index.html", `${root}/link`);
  for (
    const [path, cwd] of [[`${root}//`, "/"], [".", root]] as const
  ) {
    const { stdout, stderr } = await fleet.ftl(["spool", path], { cwd });
    assertStringIncludes(stderr, `Packing ${path} as my_site: 3 files, 16 B\n`);
    await web.ok(["sync"]);
    assertEquals(filesOf(web, stdout.trim()), treeOf(root));
    assertMatch(stdout, /^my_site\./);
  }
});

Deno.test("of a folder that was spooled before, only what changed is sent", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["my_site"]);
  for (let i = 0; i < 30; i++) {
    fleet.folder.write(`dist/${i % 5}/${i}.bin`, noise(2_000_000), 0o644);
  }
  fleet.folder.write("dist/2/changes.txt", "one line\n", 0o644);
  await fleet.ok(["spool", "dist", "--name", "my_site"]);

  fleet.folder.write("dist/2/changes.txt", "another line\n");
  fleet.server.clearLog();
  const { stdout, stderr } = await fleet.ftl(["spool", "dist", "--name", "my_site"]);
  const size = (await fleet.bucket().head(`${stdout.trim()}.tar.zst`))?.size ?? 0;
  const received = fleet.server.log.reduce((sum, record) => sum + record.received, 0);
  assert(size > 55_000_000 && received < size / 10, `${received} of ${size} bytes`);
  assertMatch(stderr, /uploaded 60\.\d MB \(5\d\.\d MB of it copied within S3\) to deploys/);
  await web.ok(["sync"]);
  assertEquals(filesOf(web, stdout.trim()), treeOf(`${fleet.folder.path}/dist`));
});

Deno.test("if S3 does not copy, everything is sent, and it is the same", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["my_site"]);
  fleet.folder.write("dist/a.bin", noise(18_000_000), 0o644);
  fleet.folder.write("dist/b.txt", "one line\n", 0o644);
  await fleet.ok(["spool", "dist", "--name", "my_site"]);
  fleet.folder.write("dist/b.txt", "another line\n");
  fleet.server.addFault({ operation: "UploadPartCopy", fault: { kind: "access-denied" } });
  const { code, stdout, stderr } = await fleet.ftl(["spool", "dist", "--name", "my_site"]);
  assertEquals(code, 0, stderr);
  const copies = fleet.server.log.filter(({ operation }) => operation === "UploadPartCopy");
  assert(copies.length > 0 && copies.every(({ status }) => status === 403));
  await web.ok(["sync"]);
  assertEquals(filesOf(web, stdout.trim()), treeOf(`${fleet.folder.path}/dist`));
});

Deno.test("a role that may put nothing beside revisions is told once what to do, and nothing with FTL_DELTA=off", async () => {
  await using fleet = await Fleet.start();
  fleet.folder.write("dist/a.txt", "one line\n", 0o644);
  const key = /^\.ftl\/delta\//;
  fleet.server.addFault({ operation: "PutObject", key, fault: { kind: "access-denied" } });
  for (const [env, warnings] of [[{}, 1], [{ FTL_DELTA: "off" }, 0]] as const) {
    const { code, stdout, stderr } = await fleet.ftl(["spool", "dist", "--name", "a"], { env });
    const told = stderr.split("\n").filter((line) => line.startsWith("warning: "));
    assertEquals([code, told.length], [0, warnings], stderr);
    for (const line of told) {
      assertEquals(
        line,
        "warning: Machines will download the whole revision: Access denied: s3:PutObject on " +
          `s3://deploys/.ftl/delta/a/${idOf(stdout.trim())}/tree. Give its role the policy of ` +
          "'ftl setup iam spool', or set FTL_DELTA=off",
      );
    }
  }
});

Deno.test("it is said what is packed: what --exclude leaves out, and that .gitignore does not", async () => {
  await using fleet = await Fleet.start();
  for (
    const path of ["index.js", "index.js.map", "node_modules/x/y", "a/node_modules/z", ".gitignore"]
  ) {
    fleet.folder.write(`dist/${path}`, "x");
  }
  const spool = ["spool", "dist", "--name", "my_site"];
  const { stderr } = await fleet.ftl([...spool, "--exclude", "node_modules/", "--exclude=*.map"]);
  assertStringIncludes(
    stderr,
    "Packing dist as my_site: 2 files, 2 B; 3 left out by --exclude\n" +
      ".gitignore is not applied: everything below dist is packed but what --exclude names\n",
  );
  const all = await fleet.ftl([...spool, "--json"]);
  assertEquals(JSON.parse(all.stdout).entries, 9);
});

Deno.test("spool warns of secrets and of a repository in a folder", async () => {
  await using fleet = await Fleet.start();
  const key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNza\n";
  const files = {
    ".env": "A=1",
    ".env.example": "A=",
    ".git/HEAD": "ref: refs/heads/main",
    "etc/deploy key": key,
    "node_modules/x/test.pem": key,
    "cert.pem": "-----BEGIN CERTIFICATE-----\n",
  };
  for (const [path, text] of Object.entries(files)) fleet.folder.write(`dist/${path}`, text);
  const spool = ["spool", "dist", "--name", "my_site", "--json"];
  const { warnings } = JSON.parse((await fleet.ftl(spool)).stdout) as { warnings: string[] };
  assertEquals(warnings.map((text) => text.replace(/,? (and )?is packed.*/, "")), [
    ".env often has passwords",
    ".git",
    '"etc/deploy key" is a private key',
  ]);
  const { stdout } = await fleet.ftl([
    ...spool,
    ...[".env", ".git", "/etc/deploy key"].flatMap((path) => ["--exclude", path]),
  ]);
  assertEquals(JSON.parse(stdout).warnings, []);
});

Deno.test("a folder without a package's name, options of a folder for a file, and wrong patterns are refused", async () => {
  await using fleet = await Fleet.start();
  fleet.folder.write("my site/x", "x");
  const file = fleet.folder.write("a.txt", "x");
  Deno.symlinkSync("nowhere", `${fleet.folder.path}/my site/\u00fc`);
  const pipe = new Deno.Command("mkfifo", { args: [`${fleet.folder.path}/my site/pipe`] });
  assert(pipe.outputSync().success);
  const cases: [args: string[], code: number, says: RegExp][] = [
    [
      ["my site"],
      2,
      /the folder's name is not the name of a package\n.*ftl spool 'my site' --name <package>/,
    ],
    [["my site", "--name", "a b"], 2, /'a b' is not the name of a package/],
    [["my site", "--name", "a", "--exclude", "./x"], 2, /--exclude '\.\/x' matches nothing/],
    [["my site", "--name", "a"], 5, /Cannot pack pipe: it is a fifo\n.*--exclude/],
    [[file, "--name", "b"], 2, /--name is for folders/],
    [[file, "--exclude", "b"], 2, /--exclude is for folders/],
  ];
  for (const [args, code, says] of cases) {
    const done = await fleet.ftl(["spool", ...args]);
    assertEquals(done.code, code, done.stderr);
    assertMatch(done.stderr, says);
  }
  assertEquals(await fleet.bucket().list(""), []);
});

/** Puts the tree of a small revision beside it. */
async function ensureTree(
  fleet: Fleet,
  { revision, key }: { revision: string; key: string },
): Promise<void> {
  const bucket = fleet.bucket();
  const { signal } = new AbortController();
  const found = await bucket.getBytes(key, { limit: 1 << 20, signal });
  const { bytes = new Uint8Array() } = found ?? {};
  const taker = new TreeTaker();
  const options = { package: "my_site", rest: "tar.zst", watchers: [taker] };
  const facts = await checkArchive(new Blob([bytes]).stream(), options);
  const text = formatTree(taker.tree() ?? { entries: [] });
  const sha256 = found?.metadata["ftl-sha256"] ?? "";
  await putTree(bucket, requireRevisionName(revision), {
    facts: { ...facts, sha256, size: bytes.length, tree: hashTree(text) },
    ...{ text, signal },
  });
}

Deno.test("a fresh checkout of the same commit gives the same object", async () => {
  await using fleet = await Fleet.start();
  const spooled = async (time: number): Promise<string> => {
    for (const [path, text] of [["index.html", "hello"], ["a/b", "b"]] as const) {
      const place = fleet.folder.write(`checkout ${time}/${path}`, text, 0o644);
      Deno.utimeSync(place, time, time);
    }
    const folder = `${fleet.folder.path}/checkout ${time}`;
    const { stdout } = await fleet.ftl(["spool", folder, "--name", "my_site", "--json"]);
    const { revision, key, sha256 } = JSON.parse(stdout);
    await ensureTree(fleet, { revision, key });
    return sha256;
  };
  assertEquals(await spooled(1_795_615_200), await spooled(1_795_700_000));
});

Deno.test("a folder is packed in TMPDIR, where nothing stays of it", async () => {
  await using fleet = await Fleet.start();
  const TMPDIR = fleet.folder.folder("tmp");
  fleet.folder.write("my_site/x", "x");
  await fleet.ok(["spool", "my_site"], { env: { TMPDIR } });
  assertEquals([...Deno.readDirSync(TMPDIR)], []);
  const nowhere = await fleet.ftl(["spool", "my_site"], { env: { TMPDIR: "/nowhere" } });
  assertEquals(nowhere.code, 7, nowhere.stderr);
  assertStringIncludes(nowhere.stderr, "Cannot make a temporary file");
});
