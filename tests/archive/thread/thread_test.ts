/** Large archives, which are decompressed on a thread of their own, and how that ends. */
import { checkArchive } from "../../../src/archive/check.ts";
import { decompress } from "../../../src/archive/decompress/decompress.ts";
import { ArchiveThread } from "../../../src/archive/thread/thread.ts";
import { unpack } from "../../../src/archive/unpack.ts";
import { IntegrityError } from "../../../src/errors.ts";
import { assertEquals, assertRejects } from "../../assert.ts";
import { bytesOf, concat, gzip, noise, stream, tar, zstd } from "../builders.ts";
import { assertRefused, assertUnpacked, Playground } from "../playground.ts";
import { withProcessors } from "./processors.ts";

for (const [processors, who] of [[2, "another thread"], [1, "the only thread"]] as const) {
  Deno.test(`a large archive, which ${who} decompresses, is unpacked like a small one`, async () => {
    await withProcessors(processors, assertLargeArchives);
  });
}

async function assertLargeArchives(): Promise<void> {
  const content = noise(5_000_000);
  const bytes = tar({ name: "big", content }, { name: "small", content: "x" });
  for (const [rest, pack] of [["tgz", gzip], ["tar.zst", zstd]] as const) {
    const packed = pack(bytes);
    using play = new Playground();
    await assertUnpacked(packed, { rest, play });
    assertEquals(Deno.readFileSync(`${play.target}/big`), content);
    assertEquals(play.read("small"), "x");
    await assertRefused(packed.slice(0, -3), { rest, says: ["truncated"] });
    await assertRefused(concat(packed, bytesOf("garbage")), { rest, says: ["garbage after"] });
    const bent = packed.slice();
    bent.fill(0, 3_000_000, 3_000_100);
    if (rest === "tgz") await assertRefused(bent, { rest, says: [rest] });
  }
  await assertUnpackedTwice(
    concat(gzip(bytes.slice(0, 4_000_000)), gzip(bytes.slice(4_000_000)), new Uint8Array(9)),
  );
}

Deno.test("output that fills its memory to the last byte is complete, and what follows counts", async () => {
  for (const [compression, pack] of [["gzip", gzip], ["zstd", zstd]] as const) {
    const how = { name: "zeros", compression };
    for (const length of [0, 256 << 10, 1 << 20]) {
      const packed = pack(new Uint8Array(length));
      for (const size of [packed.length, 1e9]) {
        assertEquals(await countBytes(packed, { ...how, size }), length);
        assertEquals(await countBytes(concat(packed, packed), { ...how, size }), 2 * length);
        for (const broken of [packed.slice(0, -1), concat(packed, bytesOf("garbage"))]) {
          await assertRejects(() => countBytes(broken, { ...how, size }), IntegrityError);
        }
      }
    }
  }
});

/** The size decides whether another thread decompresses, also where it is not the true one. */
async function countBytes(
  packed: Uint8Array,
  options: Parameters<typeof decompress>[1],
): Promise<number> {
  let count = 0;
  await withProcessors(2, async () => {
    for await (const piece of decompress(stream(packed), options)) count += piece.length;
  });
  return count;
}

async function assertUnpackedTwice(packed: Uint8Array): Promise<void> {
  using play = new Playground();
  await assertUnpacked(packed, { rest: "tgz", play });
  assertEquals(play.stat("big").size, 5_000_000);
}

Deno.test("where there is one processor, no other thread starts", async () => {
  const bytes = gzip(tar({ name: "big", content: noise(5_000_000) }));
  const { start } = ArchiveThread.prototype;
  let started = 0;
  ArchiveThread.prototype.start = function (...of): void {
    started++;
    start.apply(this, of);
  };
  try {
    const options = { package: "my_site", rest: "tgz" };
    await withProcessors(1, () => checkArchive(stream(bytes), options));
    assertEquals(started, 0);
    await withProcessors(2, () => checkArchive(stream(bytes), options));
    assertEquals(started, 1);
  } finally {
    ArchiveThread.prototype.start = start;
  }
});

Deno.test("a refusal, a failing source and an abort end the other thread too", async () => {
  await withProcessors(2, assertEnds);
});

async function assertEnds(): Promise<void> {
  const evil = gzip(tar({ name: "big", content: noise(5_000_000) }, { name: "../evil" }));
  await assertRefused(evil, { rest: "tgz", says: ["../evil"] });
  using play = new Playground();
  const options = { package: "my_site", rest: "tgz" };
  await assertRejects(
    () => checkArchive(failing(evil.slice(0, 4_000_000)), options),
    Error,
    "connection reset",
  );
  const abort = new AbortController();
  const error = await assertRejects(
    () =>
      play.unpack(evil, {
        rest: "tgz",
        signal: abort.signal,
        onProgress: () => abort.abort(new Error("enough")),
      }),
    Error,
  );
  assertEquals(error.message, "enough");
}

Deno.test("an abort ends the unpacking with its reason", async () => {
  using play = new Playground();
  const abort = new AbortController();
  const bytes = tar({ name: "a", content: "x".repeat(5000) });
  const source = (async function* (): AsyncGenerator<Uint8Array> {
    yield* stream(bytes.slice(0, 2000));
    abort.abort(new Error("interrupted"));
    yield bytes.slice(2000);
  })();
  const { target } = play;
  const options = { package: "my_site", rest: "tar", target, signal: abort.signal };
  await assertRejects(() => unpack(source, options), Error, "interrupted");
});

async function* failing(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* stream(bytes);
  throw new Error("connection reset");
}
