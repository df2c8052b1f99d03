/** Compressed files: what counts as one stream, and what as damaged. */
import { constants, zstdCompressSync } from "node:zlib";
import { unpack } from "../../../src/archive/unpack.ts";
import { assertEquals, assertRejects } from "../../assert.ts";
import { IntegrityError } from "../../../src/errors.ts";
import { bytesOf, concat, gzip, SAMPLE, stream, zstd, zstdSkippable } from "../builders.ts";
import { assertRefused, assertUnpacked, Playground } from "../playground.ts";

for (const [rest, packed] of [["tgz", gzip(SAMPLE)], ["tar.zst", zstd(SAMPLE)]] as const) {
  Deno.test(`a .${rest} that is truncated at any byte is refused`, async () => {
    for (let length = 0; length < packed.length; length++) {
      await assertRefused(packed.slice(0, length), {
        rest,
        says: [`my_site.${rest}`, "truncated"],
      });
    }
  });

  Deno.test(`a .${rest} with any one byte changed is refused, or gives what it should`, async () => {
    using play = new Playground();
    await play.unpack(packed, { rest });
    const expected = play.tree();
    for (let at = 0; at < packed.length; at += 3) {
      using other = new Playground();
      const bent = packed.slice();
      bent[at] = (bent[at] ?? 0) ^ 0x10;
      try {
        await other.unpack(bent, { rest });
      } catch (error) {
        if (!(error instanceof IntegrityError)) throw error;
        continue;
      }
      // Neither the gzip header's time and system nor a zstd frame without checksum is protected.
      if (rest === "tgz") assertEquals(other.tree(), expected);
    }
  });
}

Deno.test("gzip members in a row are one stream", async () => {
  using play = new Playground();
  const parts = [
    SAMPLE.slice(0, 700),
    SAMPLE.slice(700, 2048),
    new Uint8Array(),
    SAMPLE.slice(2048),
  ];
  const bytes = concat(...parts.map(gzip));
  for (const chunk of [1, 7, 1 << 20]) {
    await assertUnpackedAgain(play, bytes, { rest: "tgz", chunk });
  }
});

Deno.test("zstd frames in a row are one stream, and skippable frames are skipped", async () => {
  using play = new Playground();
  const frames = [SAMPLE.slice(0, 700), new Uint8Array(), SAMPLE.slice(700)].map(zstd);
  const bytes = concat(zstdSkippable("first"), ...frames, zstdSkippable(""), zstdSkippable("last"));
  for (const chunk of [1, 7, 1 << 20]) {
    await assertUnpackedAgain(play, bytes, { rest: "tar.zst", chunk });
  }
});

async function assertUnpackedAgain(
  play: Playground,
  bytes: Uint8Array,
  options: { rest: string; chunk: number },
): Promise<void> {
  using fresh = new Playground();
  if (play.tree().length === 0) await play.unpack(SAMPLE);
  await assertUnpacked(bytes, { ...options, play: fresh });
  assertEquals(fresh.tree(), play.tree());
}

Deno.test("zeros after the gzip data pass, as in GNU gzip; other garbage does not", async () => {
  using play = new Playground();
  const packed = gzip(SAMPLE);
  const zeros = new Uint8Array(1000);
  await assertUnpacked(concat(packed, zeros), { rest: "tgz", play });
  const half = packed.slice(0, 30);
  for (const garbage of [bytesOf("garbage"), packed.slice(0, 2), packed.slice(0, 12), half]) {
    for (const chunk of [1 << 20, packed.length, 1]) {
      await assertRefused(concat(packed, garbage), {
        rest: "tgz",
        says: ["my_site.tgz"],
        chunk,
      });
      await assertRefused(concat(packed, zeros, garbage), {
        rest: "tgz",
        says: ["garbage after"],
        chunk,
      });
    }
  }
});

Deno.test("anything but a frame after the zstd data is refused", async () => {
  for (const chunk of [1 << 20, 1]) {
    const bytes = concat(zstd(SAMPLE), bytesOf("garbage"));
    await assertRefused(bytes, { rest: "tzst", says: ["garbage after"], chunk });
    await assertRefused(concat(zstd(SAMPLE), new Uint8Array(3)), {
      rest: "tzst",
      says: ["tzst"],
      chunk,
    });
  }
});

const PACKED = {
  gzip: gzip(SAMPLE),
  zstd: zstd(SAMPLE),
  tar: SAMPLE,
  zip: bytesOf("PK\x03\x04zipzip"),
};
const LIES: [rest: string, content: keyof typeof PACKED, says: string][] = [
  ["tgz", "tar", "is not a gzip file"],
  ["tgz", "zstd", "is a zstd file, not the gzip file"],
  ["gz", "tar", "is not a gzip file"],
  ["tar", "gzip", "is a gzip file, not the tar file"],
  ["tar", "zip", "is a zip file, not the tar file"],
  ["tar.zst", "gzip", "is a gzip file, not the zstd file"],
  ["zst", "tar", "is not a zstd file"],
];
for (const [rest, content, says] of LIES) {
  Deno.test(`a .${rest} that holds ${content} data is refused`, async () => {
    await assertRefused(PACKED[content], { rest, says: [`my_site.${rest}`, says] });
    await assertRefused(PACKED[content], { rest, says: [`my_site.${rest}`, says], chunk: 1 });
  });
}

Deno.test("an error of the source is passed on as it is", async () => {
  const failure = new Error("connection reset");
  const files = { tgz: gzip(SAMPLE), "tar.zst": zstd(SAMPLE), tar: SAMPLE, js: SAMPLE };
  for (const [rest, bytes] of Object.entries(files)) {
    using play = new Playground();
    const source = failing(bytes.slice(0, 100), failure);
    const options = { package: "my_site", rest, target: play.target };
    assertEquals(await assertRejects(() => unpack(source, options), Error), failure);
  }
});

async function* failing(bytes: Uint8Array, failure: Error): AsyncGenerator<Uint8Array> {
  yield* stream(bytes);
  throw failure;
}

Deno.test("a zstd frame whose checksum does not fit its content is refused", async () => {
  const packed = zstdSyncWithChecksum(SAMPLE);
  using play = new Playground();
  await assertUnpacked(packed, { rest: "tar.zst", play });
  packed[packed.length - 1] = (packed[packed.length - 1] ?? 0) ^ 1;
  await assertRefused(packed, { rest: "tar.zst", says: ["my_site.tar.zst is corrupt"] });
});

/** As the command line tool writes it. */
function zstdSyncWithChecksum(bytes: Uint8Array): Uint8Array {
  const params = { [constants.ZSTD_c_checksumFlag]: 1 };
  return new Uint8Array(zstdCompressSync(bytes, { params }));
}
