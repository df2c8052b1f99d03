/** The download engine against the real server, with everything that can break on the way. */
import { ConflictError, NotFoundError, StorageError } from "../../../src/errors.ts";
import type { Bucket } from "../../../src/bucket/bucket.ts";
import { openDownload, rangeSizeFor } from "../../../src/transfer/download/download.ts";
import { assert, assertEquals, assertRejects } from "../../assert.ts";
import { type Fault, type S3Server } from "../../s3_server/server.ts";
import { until } from "../../until.ts";
import { download, KEY, putBytes, RANGE, readAll, someBytes, test } from "./served_object.ts";

/** What was asked for: the Range headers, or `whole` without one. */
function asked(server: S3Server): string[] {
  return server.log.map(({ range }) => range?.replace("bytes=", "") ?? "whole");
}

test("asks once for a small object, and tells of it", 1000, async (given) => {
  await using opened = await openDownload(given.bucket, KEY, given.options);
  assertEquals([opened.info.size, opened.info.metadata], [1000, { note: "x" }]);
  assertEquals(await readAll(opened.body), given.bytes);
  assertEquals(asked(given.server), ["whole"]);
});

test("reads an object without a byte", 0, async (given) => {
  assertEquals(await download(given), new Uint8Array());
});

test("gives the ranges in order, whichever comes first", 5 * RANGE + 17, async (given) => {
  given.server.addFault({ method: "GET", nth: 2, fault: { kind: "delay", milliseconds: 50 } });
  const progress: number[] = [];
  const bytes = await download(given, { onProgress: (count) => void progress.push(count) });
  assertEquals(bytes, given.bytes);
  assertEquals(asked(given.server).sort(), [
    "0-65535",
    "131072-196607",
    "196608-262143",
    "262144-327679",
    "327680-327696",
    "65536-131071",
  ]);
  assertEquals(progress.at(-1), given.bytes.length);
});

test(
  "has no more ranges under way than it may, however slow the first is",
  9 * RANGE,
  async (given) => {
    const { server, bucket, options } = given;
    server.addFault({ method: "GET", nth: 1, fault: { kind: "stall", bytes: 10 } });
    await using opened = await openDownload(bucket, KEY, options);
    const reading = readAll(opened.body);
    const done = (): number => server.log.filter(({ milliseconds }) => milliseconds > 0).length;
    await until(() => done() === 2, "the second answer");
    assertEquals(asked(server), ["0-65535", "65536-131071", "131072-196607"]);
    server.clearFaults();
    assertEquals(await reading, given.bytes);
  },
);

test("fetches no further than its window when nobody reads on", 9 * RANGE, async (given) => {
  const { server, bucket, options } = given;
  await using opened = await openDownload(bucket, KEY, options);
  const chunks = opened.body[Symbol.asyncIterator]();
  await chunks.next();
  await until(
    () => server.log.filter(({ milliseconds }) => milliseconds > 0).length === 3,
    "the third answer",
  );
  assertEquals(server.log.length, 3);
  await chunks.return?.();
});

for (
  const [what, fault] of [
    ["ends early", { kind: "cut-short", bytes: 20_000 }],
    ["stalls", { kind: "stall", bytes: 20_000 }],
  ] as [string, Fault][]
) {
  test(`goes on at the byte where a range ${what}`, 2 * RANGE, async (given) => {
    given.server.addFault({ method: "GET", nth: 1, fault });
    assertEquals(await download(given, { stallTimeout: 300 }), given.bytes);
    assertEquals(asked(given.server).sort(), ["0-65535", "20000-65535", "65536-131071"]);
  });
}

test("goes on where a range was reset, again and again", 2 * RANGE, async (given) => {
  given.server.addFault({
    method: "GET",
    count: 6,
    fault: { kind: "reset-after", bytes: 20_000 },
  });
  assertEquals(await download(given), given.bytes);
  const starts = asked(given.server).map((range) => parseInt(range));
  // A reset may overtake the bytes before it, but what came is never asked for twice.
  const ofFirst = starts.filter((start) => start < RANGE);
  assertEquals(ofFirst, [...ofFirst].sort((a, b) => a - b));
  assert(ofFirst.every((start, i) => start <= i * 20_000), String(ofFirst));
});

for (
  const fault of [{ kind: "reset" }, { kind: "internal-error" }, { kind: "slow-down" }] as Fault[]
) {
  test(`asks again after: ${fault.kind}`, 1000, async (given) => {
    given.server.addFault({ method: "GET", count: 3, fault });
    assertEquals(await download(given), given.bytes);
    assertEquals(given.server.log.length, 4);
  });
}

test("asks only once where it is denied", 3 * RANGE, async (given) => {
  given.server.addFault({ method: "GET", fault: { kind: "access-denied" } });
  await assertRejects(() => download(given), StorageError, "Access denied: s3:GetObject");
  assertEquals(given.server.log.length, 1);
});

test("asks only once for what is gone", 3 * RANGE, async (given) => {
  await given.bucket.remove(KEY);
  given.server.clearLog();
  await assertRejects(() => download(given), NotFoundError, KEY);
  assertEquals(given.server.log.length, 1);
});

test("asks only once for what has been replaced", 3 * RANGE, async (given) => {
  await putBytes(given.bucket, someBytes(3 * RANGE, 2));
  given.server.clearLog();
  await assertRejects(() => download(given), ConflictError, KEY);
  assertEquals(given.server.log.length, 1);
});

test("notices that the object is replaced while it is read", 9 * RANGE, async (given) => {
  const { bucket, options, bytes } = given;
  await using opened = await openDownload(bucket, KEY, options);
  let count = 0;
  await assertRejects(
    async () => {
      for await (const chunk of opened.body) {
        if (count === 0) await putBytes(bucket, someBytes(9 * RANGE, 2));
        assertEquals(chunk, bytes.subarray(count, count + chunk.length));
        count += chunk.length;
      }
    },
    ConflictError,
    KEY,
  );
});

test(
  "notices another object of the same ETag, should a store have that",
  2 * RANGE,
  async (given) => {
    const size = 2 * RANGE - 1;
    await assertRejects(() => download(given, { size }), ConflictError, "another object");
  },
);

test(
  "notices a store that sends the whole where a range was asked for",
  3 * RANGE,
  async (given) => {
    const { bucket } = given;
    const deaf: Bucket = Object.create(bucket, {
      name: { value: bucket.name },
      read: {
        value: (key: string, { etag, signal }: { etag: string; signal: AbortSignal }) =>
          bucket.read(key, { etag, signal }),
      },
    });
    await assertRejects(
      () => download({ ...given, bucket: deaf }),
      StorageError,
      "other bytes than were requested",
    );
    assert(given.server.log.length <= 3);
  },
);

Deno.test("rangeSizeFor() keeps the window whatever the concurrency, down to a least size", () => {
  const mebibyte = 1024 * 1024;
  const cases: [concurrency: number, mebibytes: number][] = [
    [1, 8],
    [4, 8],
    [8, 4],
    [32, 1],
    [64, 1],
  ];
  for (const [concurrency, size] of cases) {
    assertEquals(rangeSizeFor(concurrency), size * mebibyte);
  }
});
