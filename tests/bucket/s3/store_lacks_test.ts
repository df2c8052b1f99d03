/** Stores that lack a part of S3: what FTL does without it, and what it tells. */
import { assertEquals, assertRejects } from "../../assert.ts";
import { ConflictError, FtlError } from "../../../src/errors.ts";
import type { Lack } from "../../../src/bucket/bucket.ts";
import { openS3Bucket } from "../../../src/bucket/s3/s3_bucket.ts";
import { useCredentials } from "../../credentials.ts";
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
import { LARGE, NOT_IMPLEMENTED, open, useAll } from "./lacking_bucket.ts";
import { someBytes } from "../upload_suite.ts";

/** Each store with the lacks that FTL reports, in the order in which `useAll` finds them. */
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
  useCredentials(env);
  const bucket = openS3Bucket("deploys", env);
  return {
    bucket,
    missing: openS3Bucket("no-such-bucket", env),
    openUploads: async () => (await bucket.openUploads("")).length,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

testBucketWrites("S3Bucket at a store without checksums and quotes", makeLackingBucket);

Deno.test("a store that ignores conditions lets no upload replace an object, even as the first write", async () => {
  await using opened = await open(ignoringConditions());
  for (const [key, size] of [["small", 1000], ["large", LARGE]] as const) {
    const upload = (by: string): Promise<void> =>
      opened.bucket.upload(key, someBytes(size).source, {
        condition: { absent: true },
        concurrency: 2,
        metadata: { "ftl-by": by },
      });
    await upload("me");
    await assertRejects(() => upload("you"), ConflictError, key);
    assertEquals((await opened.bucket.head(key))?.metadata["ftl-by"], "me");
  }
});
