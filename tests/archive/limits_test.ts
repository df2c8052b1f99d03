/** Archives that are too much: for a limit, or for the disk. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../assert.ts";
import { IntegrityError, StorageError } from "../../src/errors.ts";
import { testWith, USER_NAMESPACES } from "../required_program.ts";
import { TempFolder } from "../temp.ts";
import { checkArchive } from "../../src/archive/check.ts";
import { END, gzip, joined, member, noise, stream, tar, zstd } from "./builders.ts";
import { Playground } from "./playground.ts";

Deno.test("a tiny archive that unpacks to a huge file is stopped at the limit", async () => {
  const zeros = new Uint8Array(30_000_000);
  const bomb = tar({ name: "huge", content: zeros });
  for (const [rest, packed] of [["tgz", gzip(bomb)], ["tar.zst", zstd(bomb)]] as const) {
    using play = new Playground();
    assert(packed.length < 100_000);
    const error = await assertRejects(
      () => play.unpack(packed, { rest, limits: { bytes: 10_000_000 } }),
      IntegrityError,
    );
    assertStringIncludes(error.message, "huge");
    assertStringIncludes(error.message, "10000000 bytes");
    assertEquals(play.tree(), []);
  }
});

Deno.test("a single compressed file is stopped at the limit while it streams", async () => {
  for (const [rest, pack] of [["js.gz", gzip], ["js.zst", zstd]] as const) {
    using play = new Playground();
    await assertRejects(
      () => play.unpack(pack(new Uint8Array(30_000_000)), { rest, limits: { bytes: 1_000_000 } }),
      IntegrityError,
      "1000000 bytes",
    );
    const written = Deno.statSync(`${play.target}/my_site.js`).size;
    assert(written <= 1_000_000, `${written}`);
  }
});

Deno.test("an archive of more entries than the limit is stopped there", async () => {
  using play = new Playground();
  const bytes = tar({ name: "a" }, { name: "b" }, { name: "c" });
  await assertRejects(
    () => play.unpack(bytes, { limits: { entries: 2 } }),
    IntegrityError,
    "2 entries",
  );
  assertEquals(play.tree().length, 2);
});

Deno.test("progress is told every few megabytes, not every entry", async () => {
  using play = new Playground();
  const files = Array.from({ length: 30 }, (_, i) => ({ name: `f${i}`, content: noise(500_000) }));
  const told: number[] = [];
  await play.unpack(tar(...files), { onProgress: ({ bytes }) => told.push(bytes) });
  assert(told.length >= 2 && told.length <= 4, `${told}`);
});

Deno.test("very many empty files let all else have its turn: timers, answers, signals", async () => {
  // The same file again and again: the later one wins.
  const block = joined(Array.from({ length: 1000 }, () => member({ name: "f" })));
  const packed = gzip(joined([...Array.from({ length: 60 }, () => block), END]));
  const abort = new AbortController();
  let told = 0;
  const checking = checkArchive(stream(packed), {
    package: "my_site",
    rest: "tgz",
    signal: abort.signal,
    watchers: [{ begin: () => void told++ }],
  });
  // Runs when the event loop has its next turn.
  const timer = setTimeout(() => abort.abort(new Error("enough")), 0);
  await assertRejects(() => checking, Error, "enough");
  clearTimeout(timer);
  assert(told > 0 && told < 60_000, `${told} entries`);
});

Deno.test("a disk that refuses is a storage error that names the file", async () => {
  using play = new Playground();
  const error = await assertRejects(
    () => play.unpack(tar({ name: "a" }), { target: `${play.target}/missing` }),
    StorageError,
  );
  assertStringIncludes(error.message, `${play.target}/missing/a`);
});

Deno.test("what is in the target already is never overwritten or followed", async () => {
  for (const type of ["0", "5"]) {
    using play = new Playground();
    Deno.symlinkSync(play.outside, `${play.target}/door`);
    await assertRejects(() => play.unpack(tar({ name: "door", type })), StorageError, "door");
    await assertRejects(
      () => play.unpack(tar({ name: "door/secret", content: "x" })),
      StorageError,
    );
    play.assertNothingEscaped();
  }
});

testWith(
  USER_NAMESPACES,
  "a disk that fills midway is a storage error with a hint",
  () => {
    using folder = new TempFolder();
    const file = folder.write("my_site.tar", tar({ name: "a/big", content: noise(3_000_000) }));
    const target = folder.folder("small");
    const script = folder.write(
      "unpack.ts",
      `import { unpack } from ${JSON.stringify(import.meta.resolve("../../src/archive/unpack.ts"))};
       async function* source() { yield Deno.readFileSync(Deno.args[0]); }
       const [, target] = Deno.args;
       const options = { package: "my_site", rest: "tar", target };
       await unpack(source(), options).catch((error) => console.log(error.name, error.message, error.hint));`,
    );
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const command = `mount -t tmpfs -o size=1m none '${target}' && exec "$@"`;
    const deno = [
      Deno.execPath(),
      "run",
      "-A",
      "--quiet",
      "--config",
      config,
      script,
      file,
      target,
    ];
    const { stdout } = new Deno.Command("unshare", {
      args: ["-rm", "sh", "-c", command, "sh", ...deno],
    })
      .outputSync();
    const said = new TextDecoder().decode(stdout);
    assertStringIncludes(said, `StorageError Cannot write ${target}/a/big: the disk is full`);
    assertStringIncludes(said, "Free some space");
  },
);
