import { assert, assertEquals, assertRejects } from "../../assert.ts";
import { createHash } from "node:crypto";
import { ConflictError, FtlError, IntegrityError, UsageError } from "../../../src/errors.ts";
import type { Bucket, Lack, UploadSource } from "../../../src/bucket/bucket.ts";
import { openS3Bucket } from "../../../src/bucket/s3/s3_bucket.ts";
import { type TestBucket, testBucketWrites } from "../suite.ts";
import {
  all,
  ignoringConditions,
  type Lacking,
  LackingStore,
  matchingUnquoted,
  refusal,
  withoutChecksums,
  withoutConditions,
  withoutPartChecksums,
} from "./lacking_store.ts";

const NOT_IMPLEMENTED = "A header you provided implies functionality that is not implemented";

interface Opened extends AsyncDisposable {
  readonly store: LackingStore;
  readonly bucket: Bucket;
  /** What was told, in this order. */
  readonly told: Lack[];
}

async function open(lacking: Lacking, env: Record<string, string> = {}): Promise<Opened> {
  const store = await LackingStore.start(lacking);
  for (const [name, value] of Object.entries(store.env())) {
    // The SDK looks for credentials in the environment of the process.
    if (name.startsWith("AWS_") && !name.includes("ENDPOINT")) Deno.env.set(name, value);
  }
  const told: Lack[] = [];
  const onLack = (lack: Lack): void => void told.push(lack);
  const bucket = openS3Bucket("deploys", { ...store.env(), ...env }, { onLack });
  return { store, bucket, told, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

/** By what the store does: what is told of it, in the order of what `useAll` does. */
const STORES: readonly (readonly [name: string, Lacking, told: Lack[]])[] = [
  ["lacks nothing", () => undefined, []],
  ["matches unquoted ETags only", matchingUnquoted(), ["quotes"]],
  ["refuses conditions", withoutConditions(), ["conditions"]],
  [
    "refuses conditions without a word of them",
    withoutConditions(() => refusal(501, "NotImplemented", NOT_IMPLEMENTED)),
    ["conditions"],
  ],
  [
    "refuses conditions as a bad request",
    withoutConditions(() => refusal(400, "InvalidArgument", "Unsupported header 'if-match'")),
    ["conditions"],
  ],
  [
    "refuses conditions without any body",
    withoutConditions(() =>
      new Response(null, { status: 501, headers: { "x-amz-request-id": "R" } })
    ),
    ["conditions"],
  ],
  ["ignores conditions", ignoringConditions(), ["condition-checks"]],
  [
    "refuses checksums",
    withoutChecksums((name) => refusal(501, "NotImplemented", `Header ${name} not implemented`)),
    ["checksums"],
  ],
  [
    "refuses checksums without a word of them",
    withoutChecksums(() => refusal(501, "NotImplemented", NOT_IMPLEMENTED)),
    ["checksums"],
  ],
  [
    "refuses checksums as a bad request",
    withoutChecksums((name) => refusal(400, "InvalidArgument", `Unsupported header '${name}'`)),
    ["checksums"],
  ],
  [
    "refuses checksums and conditions without a word of them",
    all(
      withoutChecksums(() => refusal(501, "NotImplemented", NOT_IMPLEMENTED)),
      withoutConditions(() => refusal(501, "NotImplemented", NOT_IMPLEMENTED)),
    ),
    ["conditions", "checksums"],
  ],
  [
    "refuses every header of checksums, those of reads too",
    (request) =>
      [...request.headers.keys()].some((name) => name.startsWith("x-amz-checksum-"))
        ? refusal(501, "NotImplemented", NOT_IMPLEMENTED)
        : undefined,
    ["checksums"],
  ],
  ["refuses the checksums of parts", withoutPartChecksums(), ["part-checksums"]],
  [
    "refuses conditions and the checksums of parts",
    all(withoutPartChecksums(), withoutConditions()),
    ["conditions", "part-checksums"],
  ],
];

for (const [name, lacking, expected] of STORES) {
  Deno.test(`a store that ${name} is written to, and what it lacks is told once`, async () => {
    await using opened = await open(lacking);
    await useAll(opened.bucket);
    assertEquals(opened.told, expected);
  });
}

/** Every kind of write, twice. */
async function useAll(bucket: Bucket): Promise<void> {
  const first = await bucket.put("a.rev", "first", {
    metadata: { "ftl-by": "me" },
    condition: { absent: true },
  });
  const second = await bucket.put("a.rev", "second", { metadata: {}, condition: { etag: first } });
  await bucket.put("a.rev", "third", { metadata: {}, condition: { etag: second } });
  assertEquals((await bucket.getSmall("a.rev"))?.text, "third");
  for (const [key, size] of [["small.1", 1000], ["small.2", 1000], ["large", LARGE]] as const) {
    const options = { condition: { absent: true }, concurrency: 2 } as const;
    const source = someBytes(size);
    await bucket.upload(key, source, { ...options, metadata: { "ftl-by": "me" } });
    assertEquals((await bucket.head(key))?.size, size);
    const again = { ...options, metadata: { "ftl-by": "you" } };
    await assertRejects(() => bucket.upload(key, source, again), ConflictError, key);
  }
}

/** Bytes: two parts. */
const LARGE = 5_300_000;

function someBytes(size: number): UploadSource {
  const bytes = new Uint8Array(size).fill(7);
  for (let i = 0; i < size; i += 1000) bytes[i] = i / 1000;
  const partSize = Math.min(size, 5 * 1024 * 1024);
  const partSha256: string[] = [];
  for (let offset = 0; offset < size; offset += partSize) {
    const part = bytes.subarray(offset, offset + partSize);
    partSha256.push(createHash("sha256").update(part).digest("base64"));
  }
  return { size, partSize, partSha256, read: (at, length) => bytes.slice(at, at + length) };
}

const CONFLICT_STORES: readonly (readonly [name: string, Lacking])[] = [
  ["matches unquoted ETags only", matchingUnquoted()],
  ["refuses conditions", withoutConditions()],
  ["refuses checksums", withoutChecksums(() => refusal(501, "NotImplemented", NOT_IMPLEMENTED))],
  ["ignores conditions", ignoringConditions()],
];

for (const [name, lacking] of CONFLICT_STORES) {
  Deno.test(`at a store that ${name} nobody replaces what he has not read`, async () => {
    await using opened = await open(lacking);
    const { bucket } = opened;
    const first = await bucket.put("a.rev", "first", { metadata: {} });
    await bucket.put("a.rev", "second", { metadata: {}, condition: { etag: first } });
    for (const condition of [{ etag: first }, { absent: true }] as const) {
      const late = { metadata: {}, condition };
      await assertRejects(() => bucket.put("a.rev", "late", late), ConflictError, "a.rev");
    }
    assertEquals((await bucket.getSmall("a.rev"))?.text, "second");
  });
}

Deno.test("an ETag without quotes is sent only when the ETag there is still the one that was read", async () => {
  let unquoted = 0;
  await using opened = await open((request) => {
    if (/^[^"]+$/.test(request.headers.get("if-match") ?? '"')) unquoted++;
    return undefined;
  });
  const { bucket } = opened;
  const first = await bucket.put("a.rev", "first", { metadata: {} });
  await bucket.put("a.rev", "second", { metadata: {}, condition: { etag: first } });
  const late = { metadata: {}, condition: { etag: first } };
  await assertRejects(() => bucket.put("a.rev", "late", late), ConflictError);
  assertEquals([unquoted, opened.told], [0, []]);
});

Deno.test("a store that refuses checksums is asked with them once, not for every part", async () => {
  let refused = 0;
  await using opened = await open(withoutChecksums((name) => {
    refused++;
    return refusal(501, "NotImplemented", `Header ${name} not implemented`);
  }));
  const source = someBytes(6 * 5 * 1024 * 1024);
  await opened.bucket.upload("a.bin", source, { metadata: {}, concurrency: 3 });
  assertEquals(refused, 1);
});

Deno.test("refused at the first parts alone, a checksum is sent with those under way and no other", async () => {
  let refused = 0;
  await using opened = await open((request) => {
    for (const name of ["x-amz-checksum-algorithm", "x-amz-sdk-checksum-algorithm"]) {
      request.headers.delete(name);
    }
    if (!request.query.has("partNumber") || !request.headers.has("x-amz-checksum-sha256")) return;
    refused++;
    return refusal(501, "NotImplemented", NOT_IMPLEMENTED);
  });
  const source = someBytes(9 * 5 * 1024 * 1024);
  await opened.bucket.upload("a.bin", source, { metadata: {}, concurrency: 3 });
  assert(refused >= 1 && refused <= 3, `${refused} refused`);
  assertEquals(opened.told, ["checksums"]);
});

Deno.test("an upload whose end is refused over its form is not sent again", async () => {
  await using opened = await open(all(withoutPartChecksums(), withoutConditions()));
  await opened.bucket.upload("a.bin", someBytes(LARGE), {
    metadata: {},
    condition: { absent: true },
    concurrency: 2,
  });
  assertEquals(opened.store.log.filter((line) => line.startsWith("PUT ")).length, 2);
});

Deno.test("without SHA-256 what is sent is compared with what was read before", async () => {
  const lacking = withoutChecksums(() => refusal(501, "NotImplemented", NOT_IMPLEMENTED));
  for (const size of [1000, LARGE]) {
    await using opened = await open(lacking);
    const source = someBytes(size);
    const changed = {
      ...source,
      read: (offset: number, length: number): Uint8Array<ArrayBuffer> => {
        const bytes = source.read(offset, length);
        bytes[0] = (bytes[0] ?? 0) ^ 1;
        return bytes;
      },
    };
    const upload = opened.bucket.upload("a.bin", changed, { metadata: {}, concurrency: 1 });
    await assertRejects(() => upload, IntegrityError, "a.bin");
    assertEquals(await opened.bucket.list(""), []);
  }
});

Deno.test("where the parts' checksums are refused, their ETags are compared", async () => {
  let parts = 0;
  await using opened = await open(all(withoutPartChecksums(), (request) => {
    // What arrives is not what was sent: a store that looks at no checksum keeps it.
    if (request.query.has("partNumber") && parts++ === 0) request.body[7] = 0xff;
    return undefined;
  }));
  const upload = opened.bucket.upload("a.bin", someBytes(LARGE), {
    metadata: {},
    concurrency: 1,
  });
  await assertRejects(() => upload, IntegrityError, "ETag");
  assertEquals(await opened.bucket.list(""), []);
});

Deno.test("AWS_REQUEST_CHECKSUM_CALCULATION=when_required sends MD5 from the beginning", async () => {
  const headers: string[] = [];
  await using opened = await open((request) => {
    if (request.method !== "PUT") return;
    headers.push(
      ...[...request.headers.keys()].filter((name) => /checksum|content-md5/.test(name)),
    );
    return;
  }, { AWS_REQUEST_CHECKSUM_CALCULATION: "when_required" });
  await useAll(opened.bucket);
  assertEquals([new Set(headers), opened.told], [new Set(["content-md5"]), []]);
});

Deno.test("AWS_REQUEST_CHECKSUM_CALCULATION has two values", async () => {
  await using store = await LackingStore.start(() => undefined);
  const env = { ...store.env(), AWS_REQUEST_CHECKSUM_CALCULATION: "never" };
  const error = await assertRejects(
    () => Promise.resolve().then(() => openS3Bucket("deploys", env)),
    UsageError,
  );
  assertEquals(
    error.message,
    "AWS_REQUEST_CHECKSUM_CALCULATION is neither when_supported nor when_required: 'never'",
  );
});

Deno.test("a store that refuses every write is told with its own words, and lacks nothing", async () => {
  await using opened = await open(({ method }) =>
    method === "PUT" ? refusal(501, "NotImplemented", "This store is read-only") : undefined
  );
  const options = { metadata: {}, condition: { absent: true } } as const;
  await assertRejects(
    () => opened.bucket.put("a.rev", "x", options),
    FtlError,
    "This store is read-only",
  );
  assertEquals(opened.told, []);
});

Deno.test("moto's answer to HEAD of what is not there is a page without content, and S3's", async () => {
  await using opened = await open(({ method }) =>
    method === "HEAD"
      ? new Response(null, {
        status: 404,
        headers: { "content-type": "text/html; charset=utf-8", "x-amzn-requestid": "R" },
      })
      : undefined
  );
  assertEquals(await opened.bucket.head("a.rev"), undefined);
});

/** All that a store may lack without weakening anything: the whole contract of a bucket holds there. */
async function makeLackingBucket(): Promise<TestBucket> {
  const store = await LackingStore.start(all(
    matchingUnquoted(),
    withoutChecksums((name) => refusal(501, "NotImplemented", `Header ${name} not implemented`)),
  ));
  const env = store.env();
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith("AWS_") && !name.includes("ENDPOINT")) Deno.env.set(name, value);
  }
  const bucket = openS3Bucket("deploys", env);
  return {
    bucket,
    missing: openS3Bucket("no-such-bucket", env),
    openUploads: async () => (await bucket.openUploads("")).length,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

testBucketWrites("S3Bucket at a store without checksums and quotes", makeLackingBucket);
