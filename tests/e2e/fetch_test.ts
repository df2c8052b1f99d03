/** How a revision comes from S3 to the disk: complete, verified, flushed, or not at all. */
import { gzip, noise, pax, tar } from "../archive/builders.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { Mount } from "../proof/mounts.ts";
import { MOUNTING, testWith } from "../required_program.ts";
import { Fleet, idOf, type Machine } from "./fleet.ts";
import { createHash } from "node:crypto";
import { assertError } from "./assert_error.ts";

Deno.test("a corrupted download changes nothing on disk, and the next sync succeeds", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const good = await fleet.spool("a.tgz", { v: "1" });
  await fleet.bless(good);
  await web.ok(["sync"]);
  const bad = await fleet.spool("a.txt", { v: "2" });
  await fleet.bless(bad);
  fleet.server.addFault({
    method: "GET",
    key: /^a\..*\.txt$/,
    fault: { kind: "flip-bit", byte: 0 },
  });
  assertError(await web.ftl(["sync"]), { code: 5, says: /checksum/ });
  assertEquals(web.names("a/revs"), [idOf(good)]);
  assertEquals(web.names("a/.ftl/staging"), []);
  assertEquals(web.link("a/current"), `revs/${idOf(good)}`);
  fleet.server.clearFaults();
  await web.ok(["sync"]);
  assertEquals(web.link("a/current"), `revs/${idOf(bad)}`);
});

const ID = "VZ5vQk8aR4G";

/** Puts a file into the bucket without the checks of `spool`. */
async function put(
  fleet: Fleet,
  key: string,
  { bytes, metadata = {} }: {
    bytes: Uint8Array<ArrayBuffer>;
    metadata?: Readonly<Record<string, string>>;
  },
): Promise<void> {
  await fleet.bucket().upload(key, {
    size: bytes.length,
    parts: [{
      offset: 0,
      length: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("base64"),
    }],
    read: (offset, length) => bytes.slice(offset, offset + length),
  }, { metadata, concurrency: 1 });
}

/** An archive with a good entry and then one with an absolute path. */
async function escapingArchive(fleet: Fleet): Promise<Uint8Array<ArrayBuffer>> {
  const good = fleet.folder.write("content/good", "good");
  const evil = fleet.folder.write("evil", "evil");
  const path = `${fleet.folder.path}/packed.tgz`;
  const args = ["-czPf", path, "-C", good.replace(/\/good$/, ""), "good", evil];
  assert((await new Deno.Command("tar", { args }).output()).success);
  return Deno.readFileSync(path);
}

/** GETs of the object's bytes. */
function gets({ server }: Fleet): number {
  return server.log.filter(({ method, key }) => method === "GET" && key?.includes(ID)).length;
}

function assertNothing(web: Machine, pkg: string): void {
  assertEquals([web.names(`${pkg}/revs`), web.names(`${pkg}/.ftl/staging`)], [[], []]);
}

Deno.test("an archive that is refused although its checksum is right is fetched only once", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const bytes = await escapingArchive(fleet);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await put(fleet, `a.${ID}.tgz`, { bytes, metadata: { "ftl-sha256": sha256 } });
  const { code, stderr } = await web.ftl(["sync"]);
  assertEquals(code, 5, stderr);
  assertMatch(stderr, /s3:\/\/deploys\/a\.VZ5vQk8aR4G\.tgz: Refused .*\/evil.*absolute/);
  assertEquals(gets(fleet), 1);
  assertNothing(web, "a");
});

Deno.test("an archive that is refused and has a wrong checksum is fetched once more", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const bytes = await escapingArchive(fleet);
  await put(fleet, `a.${ID}.tgz`, { bytes, metadata: { "ftl-sha256": "0".repeat(64) } });
  const { code, stderr } = await web.ftl(["sync"]);
  assertEquals(code, 5, stderr);
  assertStringIncludes(stderr, "fetching it once more");
  assertEquals(gets(fleet), 2);
  assertNothing(web, "a");
});

for (const name of ["bin", "bin.gz", "tgz"]) {
  Deno.test(`a bit of a .${name} that flips on the way is repaired by a second download`, async () => {
    await using fleet = await Fleet.start();
    const web = fleet.machine("web", ["a"]);
    const files = { "big.txt": "some text\n".repeat(100_000) };
    let path = await fleet.pack("a.tgz", files);
    if (name !== "tgz") {
      const renamed = fleet.folder.write(`a.${name}`, Deno.readFileSync(path));
      path = renamed;
    }
    const revision = await fleet.ok(["spool", path]);
    fleet.server.addFault({
      method: "GET",
      key: /^a\.[^.]*\./,
      nth: 1,
      fault: { kind: "flip-bit", byte: 500 },
    });
    const { code, stderr } = await web.ftl(["sync"]);
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, "fetching it once more");
    assertEquals(web.names("a/revs"), [revision.slice(2)]);
  });
}

Deno.test("an object of another tool is compared with the checksum that S3 keeps", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  await put(fleet, `a.${ID}.txt`, { bytes: new TextEncoder().encode("by another hand") });
  fleet.server.addFault({
    method: "GET",
    key: `a.${ID}.txt`,
    fault: { kind: "flip-bit", byte: 3 },
  });
  const broken = await web.ftl(["sync"]);
  assertEquals(broken.code, 5, broken.stderr);
  assertStringIncludes(broken.stderr, "does not have the checksum");
  assertNothing(web, "a");
  fleet.server.clearFaults();
  await web.ok(["sync"]);
  assertEquals(web.read(`a/revs/${ID}/a.txt`), "by another hand");
});

Deno.test("a package of several ranges arrives complete through a connection that breaks all the time", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const bytes = noise(20 << 20);
  const revision = await fleet.ok(["spool", fleet.folder.write("a.bin", bytes)]);
  for (const nth of [2, 4, 6]) {
    const at = Math.floor(Math.random() * 4_000_000);
    const key = /^a\..*bin$/;
    fleet.server.addFault({ method: "GET", key, nth, fault: { kind: "reset-after", bytes: at } });
    fleet.server.addFault({
      method: "GET",
      key,
      nth: nth + 1,
      fault: { kind: "cut-short", bytes: at },
    });
  }
  await web.ok(["sync"]);
  const there = Deno.readFileSync(`${web.root}/a/revs/${revision.slice(2)}/a.bin`);
  assertEquals(
    createHash("sha256").update(there).digest("hex"),
    createHash("sha256").update(bytes).digest("hex"),
  );
});

/** A file system of 8 MB below the machine's root. */
function smallDisk(web: Machine): Disposable {
  return Mount.tmpfs(web.root, "size=8m");
}

testWith(
  MOUNTING,
  "if the metadata shows that the disk lacks room, nothing is written",
  async () => {
    await using fleet = await Fleet.start();
    const web = fleet.machine("web", []);
    using _disk = smallDisk(web);
    Deno.mkdirSync(`${web.root}/a`);
    await fleet.spool("a.tgz", { zeros: "\0".repeat(20_000_000) });
    const { code, stderr } = await web.ftl(["sync"]);
    assertEquals(code, 7, stderr);
    assertMatch(stderr, /No room for 20\.0 MB on the disk/);
    assertNothing(web, "a");
  },
);

testWith(
  MOUNTING,
  "a disk that fills during a download is emptied again, and the next sync succeeds",
  async () => {
    await using fleet = await Fleet.start();
    const web = fleet.machine("web", []);
    using _disk = smallDisk(web);
    Deno.mkdirSync(`${web.root}/a`);
    for (const [name, files] of [["one", 1], ["many", 200]] as const) {
      const content = Object.fromEntries(
        Array.from({ length: files }, (_, i) => [`${name}-${i}`, "\0".repeat(20_000_000 / files)]),
      );
      const bytes = Deno.readFileSync(await fleet.pack("packed.tgz", content));
      await put(fleet, `a.${ID}.tgz`, { bytes });
      const { code, stderr } = await web.ftl(["sync"]);
      assertEquals(code, 7, stderr);
      assertStringIncludes(stderr, "the disk is full");
      assertNothing(web, "a");
      assertEquals(gets(fleet), 1);
      fleet.server.clearLog();
    }
    await fleet.bucket().remove(`a.${ID}.tgz`);
    await fleet.spool("a.tgz", { small: "1" });
    await web.ok(["sync"]);
  },
);

Deno.test("a path that is too long for a system call is unpacked and removed; verify says that it cannot read it", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const folders = `${"n".repeat(200)}/`.repeat(20);
  const bytes = gzip(
    tar(pax({ path: `${folders}${"f".repeat(60)}` }), { name: "x", content: "deep" }),
  );
  const archive = `${fleet.folder.path}/a.tgz`;
  Deno.writeFileSync(archive, bytes);
  const long = await fleet.ok(["spool", archive]);
  await fleet.bless(long);
  await web.ok(["sync"]);
  assertError(await web.ftl(["verify"]), { code: 7, says: /Cannot read .*File name too long/ });
  for (const v of ["2", "3"]) {
    await fleet.bless(await fleet.spool("a.tgz", { v }));
    await web.ok(["sync"]);
  }
  await web.ok(["purge", "a", "--keep", "0"]);
  assert(!web.names("a/revs").includes(idOf(long)));
});
