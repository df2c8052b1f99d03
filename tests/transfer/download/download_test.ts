/** The download engine against the real server, with everything that can break on the way. */
import { ConflictError, NotFoundError, StorageError } from "../../../src/errors.ts";
import type { Bucket } from "../../../src/bucket/bucket.ts";
import {
  type DownloadOptions,
  openDownload,
  rangeSizeFor,
} from "../../../src/transfer/download/download.ts";
import { openS3Bucket } from "../../../src/bucket/s3/s3_bucket.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../../assert.ts";
import { type Fault, type S3Server, startS3Server } from "../../s3_server/server.ts";
import { TempFolder } from "../../temp.ts";
import { until } from "../../until.ts";

const KEY = "a.VZ5vQk8aR4G.txt";
const RANGE = 64 * 1024;
const NEVER = new AbortController().signal;

interface Given {
  readonly server: S3Server;
  readonly bucket: Bucket;
  /** What lies at `KEY`. */
  readonly bytes: Uint8Array;
  /** What to download it with; pauses are short. */
  readonly options: DownloadOptions;
}

/** A test with an object of so many bytes. Nothing may be left open at its end. */
function test(sentence: string, size: number, run: (given: Given) => Promise<void>): void {
  Deno.test({
    name: `openDownload() ${sentence}`,
    sanitizeOps: true,
    sanitizeResources: true,
    fn: async () => {
      using folder = new TempFolder();
      await using server = await startS3Server({
        folder: folder.path,
        buckets: ["deploys"],
        durable: false,
      });
      const bucket = bucketOf(server);
      const bytes = someBytes(size, 1);
      const etag = await putBytes(bucket, bytes);
      server.clearLog();
      await run({
        server,
        bucket,
        bytes,
        options: { size, etag, concurrency: 3, signal: NEVER, rangeSize: RANGE, firstPause: 1 },
      });
    },
  });
}

function bucketOf(server: S3Server): Bucket {
  const env = server.env("deploys");
  for (const [name, value] of Object.entries(env)) {
    // The SDK looks for credentials in the environment of the process.
    if (name.startsWith("AWS_") && !name.includes("ENDPOINT")) Deno.env.set(name, value);
  }
  return openS3Bucket("deploys", env);
}

/** Text, so that `put` can carry it. */
function someBytes(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = 32 + ((i * 31 + (i >> 9) * 7 + seed) % 90);
  return bytes;
}

function putBytes(bucket: Bucket, bytes: Uint8Array): Promise<string> {
  return bucket.put(KEY, new TextDecoder().decode(bytes), { metadata: { note: "x" } });
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk.slice());
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

async function download(
  { bucket, options }: Given,
  changed: Partial<DownloadOptions> = {},
): Promise<Uint8Array> {
  await using opened = await openDownload(bucket, KEY, { ...options, ...changed });
  return await readAll(opened.body);
}

/** What was asked for: the Range headers, `whole` where there was none. */
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

test(
  "gives a server up that only stalls, after six times the patience for one",
  1000,
  async (given) => {
    given.server.addFault({ method: "GET", fault: { kind: "stall", bytes: 0 } });
    const stallTimeout = 60;
    const started = performance.now();
    const error = await assertRejects(() => download(given, { stallTimeout }), StorageError);
    assertStringIncludes(error.message, `s3://deploys/${KEY}`);
    assertStringIncludes(error.message, "the connection stalled");
    assert(given.server.log.length <= 6, `${given.server.log.length} requests`);
    assert(performance.now() - started >= 5 * stallTimeout);
  },
);

test("gives a server up that refuses at once, after eight tries", 1000, async (given) => {
  given.server.addFault({ method: "GET", fault: { kind: "slow-down" } });
  await assertRejects(() => download(given), StorageError, "SlowDown");
  assertEquals(given.server.log.length, 8);
});

test("gives a server up that is not there", 1000, async (given) => {
  await given.server.close();
  await assertRejects(() => download(given), StorageError, "connection refused");
});

test("takes a drip for a stall", 2 * RANGE, async (given) => {
  given.server.addFault({ method: "GET", fault: { kind: "stall", bytes: 100 } });
  await assertRejects(() => download(given, { stallTimeout: 60 }), StorageError, "in ");
  assert(given.server.log.length <= 20);
});

for (const [when, bytes] of [["before an answer", -1], ["in the middle of a body", 10]] as const) {
  test(`ends at once on abort, ${when}`, 9 * RANGE, async (given) => {
    const { server, bucket, options } = given;
    const fault: Fault = bytes < 0
      ? { kind: "delay", milliseconds: 3_600_000 }
      : { kind: "stall", bytes };
    server.addFault({ method: "GET", fault });
    const controller = new AbortController();
    const reason = new Error("enough");
    let arrived = 0;
    const reading = assertRejects(async () => {
      await using opened = await openDownload(bucket, KEY, {
        ...options,
        signal: controller.signal,
        onProgress: (count) => arrived = count,
      });
      await readAll(opened.body);
    }, Error);
    await until(
      () => bytes < 0 ? server.log.length === 1 : arrived === 3 * bytes,
      "what was sent before",
    );
    controller.abort(reason);
    assertEquals(await reading, reason);
  });
}

test("ends what is under way when its reader leaves", 9 * RANGE, async (given) => {
  const { server, bucket, options } = given;
  server.addFault({ method: "GET", nth: 3, fault: { kind: "stall", bytes: 10 } });
  await using opened = await openDownload(bucket, KEY, options);
  for await (const chunk of opened.body) {
    assertEquals(chunk, given.bytes.subarray(0, chunk.length));
    await until(() => server.log.length === 3, "the third request");
    break;
  }
  assertEquals(server.log.length, 3);
});

test("ends what is under way when it is disposed of unread", 9 * RANGE, async (given) => {
  given.server.addFault({ method: "GET", nth: 1, fault: { kind: "stall", bytes: 10 } });
  await using _opened = await openDownload(given.bucket, KEY, given.options);
});

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
