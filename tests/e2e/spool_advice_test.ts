/** What `spool` says before the fleet meets it. */
import { createContext } from "../../mod.ts";
import { spool } from "../../src/commands/spool/spool.ts";
import type { FtlEvent } from "../../src/events.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { readDocument } from "../documents.ts";
import { bytesOf, gzip, tar } from "../archive/builders.ts";
import { Fleet } from "./fleet.ts";

const SITE = gzip(tar({ name: "index.html", content: "hello" }));

const WARNED: [file: string, content: Uint8Array, says: RegExp][] = [
  [
    "a.tar.xz",
    bytesOf("\xfd7zXZ"),
    /'a\.tar\.xz' is not unpacked on machines: it is stored as it is/,
  ],
  ["a-1.2.3.tar.gz", SITE, /The package is a-1: .* first dot.*rename the file to a\.tar\.gz/],
  ["a-4ec5d1c.tgz", SITE, /The package is a-4ec5d1c: .* changes with every build/],
  ["a.tgz", gzip(tar()), /a\.tgz holds no file/],
  [
    "b.tgz",
    gzip(tar({ name: "./", type: "5" }, { name: "d/", type: "5" })),
    /b\.tgz holds no file/,
  ],
  ["a.gz", SITE, /a\.gz holds a tar archive, .* stored as one file, a\. Give it the ending/],
  ["c", tar({ name: "x" }), /c holds a tar archive/],
  ["d.tar", new Uint8Array([...tar({ name: "x" }), 1]), /d\.tar goes on after its end-of-archive/],
];
for (const [file, content, says] of WARNED) {
  Deno.test(`spool warns, and spools all the same: ${says.source}`, async () => {
    await using fleet = await Fleet.start();
    const path = fleet.folder.write(file, content);
    const { code, stdout, stderr } = await fleet.ftl(["spool", path, "--json"]);
    assertEquals(code, 0, stderr);
    assertMatch(stderr, new RegExp(`^warning: .*${says.source}`, "m"));
    const { warnings } = readDocument("spool", stdout);
    assertEquals(warnings.length, 1);
    assertMatch(warnings[0], says);
  });
}

Deno.test("spool says that a package is new, and of a known one with nothing odd says nothing", async () => {
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

Deno.test("spool asks the bucket before it reads a file, and once if that is read at once", async () => {
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
  assertEquals(requests, ["ListObjectsV2", "PutObject", "ListMultipartUploads"]);
});

Deno.test("spool of a folder says how it is packed, with a slash at the end too", async () => {
  await using fleet = await Fleet.start();
  const folder = fleet.folder.folder("my site/my_site");
  for (const path of [folder, `${folder}/`, `${folder}//`]) {
    const { code, stderr } = await fleet.ftl(["spool", path]);
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, `Cannot spool ${path}: it is a folder`);
    assertStringIncludes(stderr, `tar -czf my_site.tgz -C '${path}' . && ftl spool my_site.tgz`);
  }
  for (const path of [".", "..", "/"]) {
    const { code, stderr } = await fleet.ftl(["spool", path], { cwd: folder });
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, "it is a folder");
    assertStringIncludes(stderr, `-C ${path} .`);
  }
});

Deno.test("a spool by a clock in the future warns, and so do those that follow its id", async () => {
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
  assertMatch(after ?? "", /The newest revision, a\.\w+, has a time that is 3 days ahead/);
  assertEquals(more, []);
});
