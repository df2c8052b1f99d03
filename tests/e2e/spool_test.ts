/** `ftl spool`: what is uploaded, what is reported, and what is refused. */
import { createContext } from "../../mod.ts";
import { spool } from "../../src/commands/spool/spool.ts";
import type { FtlEvent } from "../../src/events.ts";
import { gzip, noise, tar } from "../archive/builders.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { readDocument } from "../documents.ts";
import { Fleet, idOf, startProgram } from "./fleet.ts";

Deno.test("spool uploads the file byte for byte and prints only the revision's name", async () => {
  await using fleet = await Fleet.start();
  const file = await fleet.pack("my_site.tar.gz", { "a.txt": "hello\n" });
  const { code, stdout, stderr } = await fleet.ftl(["spool", file, "-m", "first"]);
  assertEquals(code, 0);
  assertMatch(stdout, /^my_site\.[0-9A-Za-z]{11}\n$/);
  assertStringIncludes(stderr, "uploaded");

  const bucket = fleet.bucket();
  const key = `${stdout.trim()}.tar.gz`;
  assertEquals((await bucket.list("my_site.")).map((object) => object.key), [key]);
  const info = await bucket.head(key);
  assertEquals(info?.size, Deno.statSync(file).size);
  const digest = await crypto.subtle.digest("SHA-256", Deno.readFileSync(file));
  const hex = [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, "0")).join("");
  assertEquals(info?.metadata["ftl-sha256"], hex);
  assertEquals(info?.metadata["ftl-message"], "first");
  assertMatch(info?.metadata["ftl-by"] ?? "", /^tester@./);
});

Deno.test("the author of a spool is the user who called sudo, otherwise the system's user", async () => {
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

Deno.test("a large revision is uploaded in parts and fetched in ranges", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["big"]);
  const bytes = noise(21_000_000);
  const file = fleet.folder.write("big.bin", bytes);
  const revision = await fleet.ok(["spool", file]);
  await web.ok(["sync"]);
  assertEquals(Deno.readFileSync(`${web.root}/big/revs/${idOf(revision)}/big.bin`), bytes);
  const ranges = fleet.server.log.filter(({ range, key }) => range && key?.startsWith("big."));
  assertEquals(ranges.length, 3);
});

Deno.test("an id is greater than the newest one even if the machine's clock is behind", async () => {
  await using fleet = await Fleet.start();
  await fleet.bucket().put("a.Zzzzzzz0000.txt", "x", { metadata: {} });
  const revision = await fleet.ok(["spool", fleet.folder.write("a.txt", "y")]);
  assertEquals(revision.slice(0, 9), "a.a000000");
});

Deno.test("spool refuses a script that cannot run, and warns of a script in the wrong folder", async () => {
  await using fleet = await Fleet.start();
  const windows = await fleet.pack("a.tgz", { "post-sync.sh": "#!/bin/sh\r\nexit 0\r\n" });
  const refused = await fleet.ftl(["spool", windows]);
  assertEquals(refused.code, 5);
  assertStringIncludes(
    refused.stderr,
    `ftl: Cannot spool ${windows}: post-sync.sh can never run: `,
  );
  assertEquals(await fleet.bucket().list(""), []);
  const deep = await fleet.pack("b.tgz", { "site/pre-jump.sh": "#!/bin/sh\n", "site/v": "1" });
  const warned = await fleet.ftl(["spool", deep]);
  assertEquals(warned.code, 0);
  assertStringIncludes(
    warned.stderr,
    "warning: Every entry lies in one folder, site/, so site/pre-jump.sh will never run",
  );
});

const SITE = gzip(tar({ name: "index.html", content: "hello" }));

Deno.test("spool reports a new package, and reports nothing for a known one without oddities", async () => {
  await using fleet = await Fleet.start();
  const path = fleet.folder.write("my_site.tgz", SITE);
  const first = await fleet.ftl(["spool", path]);
  assertStringIncludes(first.stderr, "my_site is a new package: this will be its first revision");
  const second = await fleet.ftl(["spool", path, "--json"]);
  assert(
    !second.stderr.includes("new package") && !second.stderr.includes("warning"),
    second.stderr,
  );
  assertEquals(readDocument("spool", second.stdout).warnings, []);
});

Deno.test("spool asks the bucket before it reads a file, and only once if reading is fast", async () => {
  await using fleet = await Fleet.start();
  const broken = fleet.folder.write("a.tgz", "no gzip at all");
  const lost = await fleet.ftl(["spool", broken], { env: { FTL_BUCKET: "elsewhere" } });
  assertEquals(lost.code, 3, lost.stderr);
  assertStringIncludes(lost.stderr, "No such bucket");
  const denied = await fleet.ftl(["spool", broken], { env: { AWS_SECRET_ACCESS_KEY: "wrong" } });
  assertEquals(denied.code, 7, denied.stderr);
  const bad = await fleet.ftl(["spool", broken]);
  assertEquals(bad.code, 5, bad.stderr);
  fleet.server.clearLog();
  await fleet.ftl(["spool", fleet.folder.write("b.tgz", SITE)]);
  const requests = fleet.server.log.map(({ operation }) => operation);
  // The tree, then the revision. The store is not AWS, so FTL looks whether its key is free, besides the condition.
  const upload = ["PutObject", "HeadObject", "PutObject"];
  assertEquals(requests, ["ListObjectsV2", ...upload, "ListMultipartUploads"]);
});

Deno.test("a spool with a clock in the future warns, and so do the spools that follow its id", async () => {
  await using fleet = await Fleet.start();
  const path = fleet.folder.write("a.tgz", SITE);
  const spoolBy = async (offset: number): Promise<string[]> => {
    const warnings: string[] = [];
    const report = (event: FtlEvent): void => {
      if (event.type === "warning") warnings.push(event.message);
    };
    const now = (): number => Date.now() + offset;
    await spool({ ...createContext(fleet.env, { report }), now }, path);
    return warnings;
  };
  assertEquals(await spoolBy(0), []);
  assertEquals(await spoolBy(-3_600_000), []);
  const [ahead] = await spoolBy(3 * 86_400_000);
  assertMatch(ahead ?? "", /This machine's clock is 3 days ahead of S3's/);
  const [after, ...more] = await spoolBy(0);
  assertMatch(after ?? "", /The newest revision, a\.\w+, has a time that is 3 days in the future/);
  assertEquals(more, []);
});

const SIZE = 20 << 20;

const CHANGES: [what: string, change: (path: string) => void, says: RegExp][] = [
  [
    "is appended to",
    (path) => Deno.writeTextFileSync(path, "more", { append: true }),
    /changed while/,
  ],
  ["is cut short", (path) => Deno.truncateSync(path, SIZE - 1), /changed while/],
  ["is written anew", (path) => Deno.writeFileSync(path, new Uint8Array(SIZE)), /changed while/],
  [
    "is replaced by a rename",
    (path) => {
      Deno.writeFileSync(`${path}.new`, new Uint8Array(SIZE));
      Deno.renameSync(`${path}.new`, path);
    },
    /changed while/,
  ],
  ["is deleted", (path) => Deno.removeSync(path), /changed while/],
  [
    "is written to by one who sets the time back",
    (path) => {
      const { atime, mtime } = Deno.statSync(path);
      const file = Deno.openSync(path, { write: true });
      file.seekSync(SIZE - 100, Deno.SeekMode.Start);
      file.writeSync(new Uint8Array([1, 2, 3]));
      file.close();
      Deno.utimeSync(path, atime ?? 0, mtime ?? 0);
    },
    /was damaged|changed while/,
  ],
];

for (const [what, change, says] of CHANGES) {
  Deno.test(`spool refuses a file that ${what} meanwhile, and nothing is in the bucket`, async () => {
    await using fleet = await Fleet.start();
    const path = fleet.folder.write("a.bin", new Uint8Array(SIZE).fill(7));
    // A whole second ago, so that every change shows in the time.
    Deno.utimeSync(path, 1e9, 1e9);
    fleet.server.addFault({
      operation: "CreateMultipartUpload",
      fault: { kind: "delay", milliseconds: 3_600_000 },
    });
    const child = startProgram(["spool", path], { cwd: fleet.folder.path, env: fleet.env });
    const output = child.output();
    // By now the file has been checked, and no part of it has been sent.
    while (!fleet.server.log.some(({ faults }) => faults.length > 0)) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    change(path);
    fleet.server.clearFaults();
    const { code, stdout, stderr } = await output;
    const text = new TextDecoder().decode(stderr);
    assertEquals([code, stdout.length], [5, 0], text);
    assertMatch(text, says);
    assertEquals(await fleet.bucket().list(""), []);
    const aborts = fleet.server.log.filter(({ operation }) => operation === "AbortMultipartUpload");
    assertEquals(aborts.map(({ status }) => status), [204]);
  });
}
