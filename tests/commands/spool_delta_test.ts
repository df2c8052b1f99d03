/**
 * What a spool puts beside a revision, so that machines need not download all of it, and what may go wrong with that. The
 * file is long because each of these has a test.
 */
import { assert, assertEquals, assertMatch, assertRejects } from "../assert.ts";
import {
  jumpMaster,
  purgeMaster,
  type RevisionName,
  spool,
  type Spooled,
  StorageError,
} from "../../mod.ts";
import { gzip, type Member, tar, zstd } from "../archive/builders.ts";
import { hashTree, packTree } from "../../src/archive/tree/tree.ts";
import { large, noise, site } from "./delta_archives.ts";
import { contentOf, requirePatched } from "./delta_reader.ts";
import { aName } from "../names.ts";
import { MemoryFleet } from "./memory_fleet.ts";
import { SigningFleet } from "./signing_fleet.ts";

class DeltaFleet extends MemoryFleet {
  /** Spools these files as `a.tgz`. */
  async put(members: readonly Member[], env: Record<string, string> = {}): Promise<Spooled> {
    this.now += 2000;
    this.bucket.now = () => this.now;
    this.bucket.calls.length = 0;
    return await spool(this.context("developer", [], env), this.archive("a.tgz", ...members));
  }

  async bless(revision: RevisionName): Promise<void> {
    this.now += 2000;
    await jumpMaster(this.context(), revision);
  }

  /** Keys below `.ftl/delta/`, without the package. */
  async beside(): Promise<string[]> {
    return (await this.bucket.list(".ftl/delta/")).map(({ key }) =>
      key.slice(".ftl/delta/a/".length)
    );
  }

  /** How many there are. It is no call of a command. */
  async keys(prefix: string): Promise<number> {
    const { length } = await this.bucket.list(prefix);
    this.bucket.calls.pop();
    return length;
  }

  told(type: "deltas"): unknown[] {
    return this.events.flatMap((event) => event.type === type ? [event.deltas] : []);
  }
}

const id = ({ revision }: Spooled): string => revision.slice("a.".length);
const from = ({ deltas }: Spooled): RevisionName[] => deltas.map((one) => one.from);

Deno.test("the first revision gets a tree, before it is there itself, and no patch", async () => {
  using fleet = new DeltaFleet();
  const there: number[] = [];
  const putBytes = fleet.bucket.putBytes.bind(fleet.bucket);
  fleet.bucket.putBytes = async (...request) => {
    await putBytes(...request);
    there.push(await fleet.keys("a."));
  };
  const first = await fleet.put(site("1"));
  const calls = fleet.bucket.calls.filter((call) => call !== "openUploads");
  assertEquals([calls, there], [["list", "upload", "putBytes"], [0]]);
  assertEquals([await fleet.beside(), first.deltas], [[`${id(first)}/tree`], []]);
  const [tree, revision] = [
    await fleet.bucket.head(`.ftl/delta/a/${id(first)}/tree`),
    await fleet.bucket.head(first.key),
  ];
  assertEquals(tree?.metadata, {
    ...{ "ftl-sha256": first.sha256, "ftl-size": `${first.size}` },
    ...{ "ftl-bytes": `${first.bytes}`, "ftl-files": `${first.entries}` },
    "ftl-tree": revision?.metadata["ftl-tree"] ?? "",
  });
});

Deno.test("a small change is a patch of whole files, for which nothing is downloaded", async () => {
  using fleet = new DeltaFleet();
  const first = await fleet.put(site("1"));
  const second = await fleet.put(site("2"));
  assertEquals(fleet.bucket.calls.filter((call) => call !== "openUploads"), [
    ...["list", "getBytes", "upload", "putBytes", "putBytes"],
  ]);
  assertEquals(from(second), [first.revision]);
  const { bytes, isWhole } = await requirePatched(fleet.bucket, first.revision, second.revision);
  assertEquals([second.deltas[0]?.bytes, isWhole], [bytes, true]);
  assert(bytes < 600, `${bytes} bytes`);
  assertEquals(fleet.told("deltas"), [[], [{ from: first.revision, bytes }]]);
  assertEquals(fleet.warnings, []);
});

Deno.test("there is a patch for the newest revision, and one for the blessed one", async () => {
  using fleet = new DeltaFleet();
  const blessed = await fleet.put(site("1"));
  await fleet.bless(blessed.revision);
  const second = await fleet.put(site("2"));
  assertEquals(from(second), [blessed.revision], "one is enough if they are the same");
  const third = await fleet.put(site("3"));
  assertEquals(from(third), [second.revision, blessed.revision]);
  for (const base of from(third)) await requirePatched(fleet.bucket, base, third.revision);
  assertEquals((await fleet.beside()).filter((key) => key.startsWith(id(third))), [
    ...[`${id(third)}/from.${id(blessed)}`, `${id(third)}/from.${id(second)}`],
    `${id(third)}/tree`,
  ]);
});

Deno.test("a large file that has changed is compared with the old one, which is downloaded", async () => {
  using fleet = new DeltaFleet();
  const first = await fleet.put(large("1"));
  const second = await fleet.put(large("two"));
  assert(fleet.bucket.calls.includes("read"));
  assertEquals(from(second), [first.revision]);
  const { bytes, isWhole } = await requirePatched(fleet.bucket, first.revision, second.revision);
  assert(!isWhole && bytes < 1500, `${bytes} bytes`);
});

Deno.test("a patch that would be more than a quarter of the whole is not kept", async () => {
  using fleet = new DeltaFleet();
  await fleet.put([{ name: "a", content: noise(300_000, 1) }]);
  const second = await fleet.put([{ name: "a", content: noise(300_000, 2) }]);
  assertEquals([second.deltas, fleet.warnings], [[], []]);
  const [told] = fleet.events.filter((event) => event.type === "deltas").slice(-1);
  assertEquals(
    told?.type === "deltas" && told.why,
    "a patch would be more than a quarter of the whole",
  );
  const third = await fleet.put([{ name: "b", content: noise(300_000, 3) }, {
    ...{ name: "a", content: noise(300_000, 2) },
  }]);
  assertEquals(third.deltas, [], "all of it is new, so that nothing is downloaded for it");
  assert(!fleet.bucket.calls.includes("read"));
});

Deno.test("a base without a tree, or with one of another object, gets no patch", async () => {
  using fleet = new DeltaFleet();
  const first = await fleet.put(site("1"), { FTL_DELTA: "off" });
  assertEquals(await fleet.beside(), []);
  const second = await fleet.put(site("2"));
  assertEquals([second.deltas, await fleet.beside()], [[], [`${id(second)}/tree`]]);
  fleet.bucket.snapshot(first.key)(second.key);
  fleet.bucket.rewrite(
    second.key,
    ({ bytes }) => ({ bytes: new Uint8Array([...bytes, ...bytes]) }),
  );
  assertEquals((await fleet.put(site("3"))).deltas, []);
  assertEquals(fleet.warnings, []);
});

Deno.test("who wants no delta sends no request for one", async () => {
  for (const [env, delta] of [[{ FTL_DELTA: "off" }, true], [{}, false]] as const) {
    using fleet = new DeltaFleet();
    await fleet.put(site("1"));
    await fleet.bless((await fleet.put(site("2"))).revision);
    fleet.bucket.calls.length = 0;
    const file = fleet.archive("a.tgz", ...site("3"));
    const { deltas } = await spool(fleet.context("developer", [], env), file, { delta });
    const calls = fleet.bucket.calls.filter((call) => call !== "openUploads");
    assertEquals([deltas, calls], [[], ["list", "upload"]]);
  }
});

Deno.test("no denial of these requests fails a spool", async (t) => {
  const cases: [methods: string, warnings: number, deltas: number][] = [
    ["getBytes", 0, 0],
    ["getBytes putBytes", 1, 0],
    ["getSmall", 0, 1],
    ["putBytes", 1, 0],
    ["read", 1, 0],
  ];
  for (const [methods, warnings, deltas] of cases) {
    await t.step(methods, async () => {
      using fleet = new DeltaFleet();
      const first = await fleet.put(large("1"));
      await fleet.bless(first.revision);
      for (const method of methods.split(" ")) fleet.bucket.deny(method, 1);
      const second = await fleet.put(large("2"));
      assertEquals([second.deltas.length, fleet.warnings.length], [deltas, warnings]);
      assertEquals(second.warnings, fleet.warnings);
      for (const warning of fleet.warnings) {
        assertMatch(
          warning,
          /^Machines will download the whole revision: .* is denied in deploys\. Give its role the policy of 'ftl setup iam spool', or set FTL_DELTA=off$/,
        );
      }
      assert(await fleet.bucket.head(second.key) !== undefined);
    });
  }
});

Deno.test("a tree or a base that was changed fails no spool, and is told", async (t) => {
  await t.step("the tree", async () => {
    using fleet = new DeltaFleet();
    const first = await fleet.put(site("1"));
    fleet.bucket.rewrite(`.ftl/delta/a/${id(first)}/tree`, () => ({ bytes: new Uint8Array(99) }));
    assertEquals((await fleet.put(site("2"))).deltas, []);
    assertEquals(fleet.warnings.length, 1);
  });
  await t.step("the base", async () => {
    using fleet = new DeltaFleet();
    const first = await fleet.put(large("1"));
    fleet.bucket.rewrite(first.key, ({ bytes }) => ({ bytes: bytes.map((byte) => byte ^ 1) }));
    assertEquals((await fleet.put(large("2"))).deltas, []);
    assertEquals(fleet.warnings.length, 1);
  });
});

Deno.test("if one base has a tree that is none, the other one has its patch all the same", async () => {
  using fleet = new DeltaFleet();
  const blessed = await fleet.put(site("1"));
  await fleet.bless(blessed.revision);
  const newest = await fleet.put(site("2"));
  fleet.bucket.rewrite(`.ftl/delta/a/${id(newest)}/tree`, ({ metadata }) => {
    const text = new TextEncoder().encode('ftl-tree 1\nd 755 - "../a"\n');
    return { bytes: packTree(text), metadata: { ...metadata, "ftl-tree": hashTree(text) } };
  });
  const third = await fleet.put(site("3"));
  assertEquals(from(third), [blessed.revision]);
  assertEquals(fleet.warnings.length, 1);
});

Deno.test("a full disk for temporary files fails no spool, and is told", async () => {
  using fleet = new DeltaFleet();
  const big = (seed: number): Member[] => [
    { name: "a", content: noise(10_000, 9) },
    { name: "b", content: noise(3_000_000, seed) },
  ];
  await fleet.put(big(1));
  const make = Deno.makeTempFileSync;
  Deno.makeTempFileSync = () => {
    throw new Deno.errors.PermissionDenied("Read-only (os error 30)");
  };
  try {
    const second = await fleet.put(big(2));
    assertEquals([second.deltas, fleet.warnings.length], [[], 1]);
    assertMatch(fleet.warnings[0] ?? "", /temporary files/);
  } finally {
    Deno.makeTempFileSync = make;
  }
  assertEquals((await fleet.beside()).filter((key) => key.endsWith("tree")).length, 2);
});

Deno.test("odd files have patches, too", async (t) => {
  const odd = (v: string): Member[] => [
    { name: "file", content: `replaced ${v}` },
    { name: "dir/", type: "5" },
    ...site("same"),
    { name: "file", content: `file ${v}` },
    { name: "link", type: "1", link: "file" },
    { name: "file", content: "another inode" },
    { name: "soft", type: "2", link: "dir" },
    { name: "\u{1f600}", content: v },
    { name: "empty", content: v === "1" ? "" : "no more" },
    { name: "full", content: v === "1" ? "no more" : "" },
  ];
  const page = (v: string): Uint8Array<ArrayBuffer> =>
    new TextEncoder().encode(v + noise(400_000, 5));
  const files: Record<string, (v: string) => Uint8Array<ArrayBuffer>> = {
    "a.tgz": (v) => gzip(tar(...odd(v))),
    "a.tar": (v) => tar(...odd(v)),
    "a.tar.zst": (v) => zstd(tar(...odd(v))),
    "a.js.gz": (v) => gzip(page(v)),
    "a.js": page,
  };
  for (const [name, make] of Object.entries(files)) {
    await t.step(name, async () => {
      using fleet = new DeltaFleet();
      const revisions: Spooled[] = [];
      for (const v of ["1", "22"]) {
        Deno.writeFileSync(`${fleet.path}/${name}`, make(v));
        revisions.push(await spool(fleet.context(), `${fleet.path}/${name}`));
      }
      const [first, second] = revisions;
      assert(first !== undefined && second !== undefined);
      assertEquals([from(second), fleet.warnings], [[first.revision], []]);
      await requirePatched(fleet.bucket, first.revision, second.revision);
    });
  }
});

Deno.test("a signed revision names its tree, so that the signature covers it", async () => {
  using all = new SigningFleet();
  const { revision } = await spool(all.as("ci"), all.archive("a.tgz", ...site("1")));
  const metadata = await all.metadata(`${revision}.tgz`);
  const tree = await all.metadata(`.ftl/delta/a/${revision.slice(2)}/tree`);
  assertMatch(metadata["ftl-tree"] ?? "", /^[0-9a-f]{64}$/);
  assertEquals([metadata["ftl-tree"], await all.signers(revision)], [tree["ftl-tree"], ["ci"]]);
  await all.bless(all.as("ann"), revision);
  assertEquals((await all.metadata())["ftl-tree"], tree["ftl-tree"]);
});

Deno.test("if the upload fails, nothing stays beside it", async () => {
  using fleet = new DeltaFleet();
  await fleet.put(site("1"));
  const before = await fleet.beside();
  fleet.bucket.deny("upload", 1);
  await assertRejects(() => fleet.put(site("2")), StorageError, "upload is denied");
  assertEquals(await fleet.beside(), before);
});

Deno.test("if the id is taken, nothing of who has it is removed, and all is put once more", async () => {
  using fleet = new DeltaFleet();
  const first = await fleet.put(site("1"));
  const upload = fleet.bucket.upload.bind(fleet.bucket);
  const tried: string[] = [];
  fleet.bucket.upload = async (key, source, options) => {
    // Who spools the same at the same instant was a little faster, each time.
    if (tried.push(key) <= 2) await upload(key, source, options);
    await upload(key, source, options);
  };
  const second = await fleet.put(site("2"));
  const ids = tried.map((key) => key.slice("a.".length, -".tgz".length));
  assertEquals([ids.length, ids[2]], [3, id(second)]);
  assertEquals(await fleet.beside(), [
    `${id(first)}/tree`,
    ...ids.flatMap((one) => [`${one}/from.${id(first)}`, `${one}/tree`]),
  ]);
  for (const one of ids) await requirePatched(fleet.bucket, first.revision, aName(`a.${one}`));
});

Deno.test("who fails after another one has spooled the same leaves what lies beside that", async () => {
  using fleet = new DeltaFleet();
  const first = await fleet.put(site("1"));
  const upload = fleet.bucket.upload.bind(fleet.bucket);
  fleet.bucket.upload = async (...request) => {
    await upload(...request);
    throw new StorageError("The line is cut", { reason: "unreachable", retryable: true });
  };
  await assertRejects(() => fleet.put(site("2")), StorageError, "The line is cut");
  assertEquals(await fleet.keys("a."), 2);
  assertEquals((await fleet.beside()).length, 3, "two trees, and the patch");
  fleet.bucket.upload = async (key, source, { visibleAfter, ...options }) => {
    await visibleAfter;
    await upload(key, source, options).then(() => fleet.bucket.remove(key));
    throw new StorageError("The line is cut", { reason: "unreachable", retryable: true });
  };
  await assertRejects(() => fleet.put(site("3")), StorageError, "The line is cut");
  assertEquals([await fleet.keys("a."), (await fleet.beside()).length, first.deltas], [2, 3, []]);
});

Deno.test("a purge takes with a revision what lies beside it", async () => {
  using fleet = new DeltaFleet();
  const [first, second, third] = [
    await fleet.put(site("1")),
    await fleet.put(site("2")),
    await fleet.put(site("3")),
  ];
  await fleet.bless(third.revision);
  await purgeMaster(fleet.context(), { revision: first.revision }, { dryRun: true });
  assertEquals((await fleet.beside()).length, 5);
  await purgeMaster(fleet.context(), { revision: first.revision });
  assertEquals(await fleet.beside(), [
    `${id(second)}/tree`,
    ...[`${id(third)}/from.${id(second)}`, `${id(third)}/tree`],
  ]);
  fleet.bucket.deny("removeMany", 0);
  await purgeMaster(fleet.context(), { package: "a", keep: 0 });
  assertEquals(await fleet.beside(), [`${id(third)}/tree`]);
  assertEquals(fleet.warnings, []);
});

Deno.test("what a spool that was killed has left goes with the next purge, after a day", async () => {
  using fleet = new DeltaFleet();
  const [killed, old, next] = [
    await fleet.put(site("1")),
    await fleet.put(site("2")),
    await fleet.put(site("3")),
  ];
  await fleet.bless(next.revision);
  // The spool had no time for the revision.
  await fleet.bucket.remove(killed.key);
  const purge = () => purgeMaster(fleet.context(), { package: "a", keep: 2 });
  assertEquals([(await purge()).removed, (await fleet.beside()).length], [[], 5]);
  fleet.now += 25 * 3_600_000;
  assertEquals([(await purge()).removed, await fleet.beside()], [[], [
    `${id(old)}/tree`,
    ...[`${id(next)}/from.${id(old)}`, `${id(next)}/tree`],
  ]]);
  assertEquals(fleet.warnings, []);
});

Deno.test("what lies beside revisions is in no listing of theirs", async () => {
  using fleet = new DeltaFleet();
  for (const v of ["1", "2"]) await fleet.put(site(v));
  assertEquals((await fleet.bucket.list("a.")).length, 2);
  assertEquals((await fleet.bucket.list("", { delimiter: "/" })).length, 2);
  assertEquals(
    (await contentOf(fleet.bucket, (await fleet.put(site("3"))).revision)).tree.entries.length,
    10,
  );
});
