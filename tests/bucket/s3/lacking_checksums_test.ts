/** What FTL does at a store that refuses its checksums. */
import { assert, assertEquals, assertRejects } from "../../assert.ts";
import { IntegrityError, UsageError } from "../../../src/errors.ts";
import { openS3Bucket } from "../../../src/bucket/s3/s3_bucket.ts";
import {
  all,
  LackingStore,
  refusal,
  withoutChecksums,
  withoutConditions,
  withoutPartChecksums,
} from "./lacking_store.ts";
import { someBytes } from "../upload_suite.ts";
import { LARGE, NOT_IMPLEMENTED, open, useAll } from "./lacking_bucket.ts";

Deno.test("a store that refuses checksums is asked with them once, not for every part", async () => {
  let refused = 0;
  await using opened = await open(withoutChecksums((name) => {
    refused++;
    return refusal(501, "NotImplemented", `Header ${name} not implemented`);
  }));
  const { source } = someBytes(6 * 5 * 1024 * 1024);
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
  const { source } = someBytes(9 * 5 * 1024 * 1024);
  await opened.bucket.upload("a.bin", source, { metadata: {}, concurrency: 3 });
  assert(refused >= 1 && refused <= 3, `${refused} refused`);
  assertEquals(opened.told, ["checksums"]);
});

Deno.test("an upload whose end is refused over its form is not sent again", async () => {
  await using opened = await open(all(withoutPartChecksums(), withoutConditions()));
  await opened.bucket.upload("a.bin", someBytes(LARGE).source, {
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
    const { source } = someBytes(size);
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
  const upload = opened.bucket.upload("a.bin", someBytes(LARGE).source, {
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
