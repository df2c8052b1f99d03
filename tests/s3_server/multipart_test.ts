/** Uploads in parts. */
import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { assertEquals } from "../assert.ts";
import { sendSigned } from "./testing/raw_client.ts";
import { BUCKET, errorOf, withServer } from "./testing/with_server.ts";
import { at, begin, bytes, complete, MIB, uploadPart } from "./testing/multipart.ts";

function md5(...blocks: Uint8Array[]): Uint8Array {
  const hash = createHash("md5");
  for (const block of blocks) hash.update(block);
  return hash.digest();
}

function hex(block: Uint8Array): string {
  return [...block].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

Deno.test("parts become one object, with the ETag of their ETags and what was laid down at first", () =>
  withServer(async ({ s3 }) => {
    const UploadId = await begin(s3, { Metadata: { m: "1" }, ContentType: "text/plain" });
    const [one, two] = [bytes(5 * MIB, 1), bytes(3, 2)];
    // Out of order, with a gap, and part 7 twice: the later one counts.
    const second = await uploadPart(s3, { UploadId, PartNumber: 9, Body: two });
    await uploadPart(s3, { UploadId, PartNumber: 7, Body: "replaced" });
    const first = await uploadPart(s3, { UploadId, PartNumber: 7, Body: one });
    assertEquals(await errorOf(s3.send(new GetObjectCommand(at))), "404 NoSuchKey");
    assertEquals((await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }))).KeyCount, 0);
    const done = await complete(s3, UploadId, { Parts: [first, second] });
    assertEquals(done.ETag, `"${hex(md5(md5(one), md5(two)))}-2"`);
    const get = await s3.send(new GetObjectCommand(at));
    assertEquals([get.ETag, get.Metadata, get.ContentType], [done.ETag, { m: "1" }, "text/plain"]);
    assertEquals(md5(await get.Body?.transformToByteArray() ?? bytes(0, 0)), md5(one, two));
    const part = await s3.send(new GetObjectCommand({ ...at, PartNumber: 2 }));
    assertEquals([part.ContentRange, part.PartsCount], ["bytes 5242880-5242882/5242883", 2]);
    assertEquals(await part.Body?.transformToByteArray(), two);
    const third = s3.send(new HeadObjectCommand({ ...at, PartNumber: 3 }));
    assertEquals((await errorOf(third)).slice(0, 3), "416");
    const copy = await s3.send(
      new CopyObjectCommand({ Bucket: BUCKET, Key: "copy", CopySource: `${BUCKET}/dir/key` }),
    );
    assertEquals(copy.CopyObjectResult?.ETag, `"${hex(md5(one, two))}"`);
  }));

Deno.test("a completion that does not fit its parts is refused and the upload stays", () =>
  withServer(async ({ server, s3 }) => {
    const UploadId = await begin(s3);
    const one = await uploadPart(s3, { UploadId, PartNumber: 1, Body: "too small" });
    const two = await uploadPart(s3, { UploadId, PartNumber: 2, Body: "the last" });
    const table: [parts: object[], error: string][] = [
      [[one, two], "400 EntityTooSmall"],
      [[two, one], "400 InvalidPartOrder"],
      [[one, one], "400 InvalidPartOrder"],
      [[{ ...one, PartNumber: 3 }], "400 InvalidPart"],
      [[{ ...one, ETag: two.ETag }], "400 InvalidPart"],
      [[{ ...one, ChecksumCRC32: "AAAAAA==" }], "400 InvalidPart"],
      [[], "400 MalformedXML"],
    ];
    for (const [Parts, error] of table) {
      assertEquals({ Parts, error: await errorOf(complete(s3, UploadId, { Parts })) }, {
        Parts,
        error,
      });
    }
    for (const body of ["", "<CompleteMultipartUpload>", "<Other/>", "x"]) {
      const target = `/${BUCKET}/dir/key?uploadId=${UploadId}`;
      const { status } = await sendSigned(server, { method: "POST", target, body });
      assertEquals(status, 400);
    }
    assertEquals(
      await errorOf(complete(s3, UploadId, { Parts: [one], MpuObjectSize: 8 })),
      "400 InvalidRequest",
    );
    await complete(s3, UploadId, { Parts: [one], MpuObjectSize: 9 });
  }));

Deno.test("an aborted upload is gone, with its parts", () =>
  withServer(async ({ s3, folder }) => {
    const UploadId = await begin(s3);
    const part = await uploadPart(s3, { UploadId, PartNumber: 1, Body: "x" });
    await s3.send(new AbortMultipartUploadCommand({ ...at, UploadId }));
    const other = await begin(s3);
    const calls = [
      () => s3.send(new AbortMultipartUploadCommand({ ...at, UploadId })),
      () => s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: "x" })),
      () => s3.send(new ListPartsCommand({ ...at, UploadId })),
      () => complete(s3, UploadId, { Parts: [part] }),
      () => s3.send(new ListPartsCommand({ ...at, Key: "other", UploadId: other })),
    ];
    for (const call of calls) assertEquals(await errorOf(call()), "404 NoSuchUpload");
    assertEquals([...Deno.readDirSync(`${folder}/${BUCKET}/uploads`)].length, 1);
    assertEquals([...Deno.readDirSync(`${folder}/${BUCKET}/tmp`)].length, 0);
  }));

Deno.test("part numbers go from 1 to 10,000", () =>
  withServer(async ({ server, s3 }) => {
    const UploadId = await begin(s3);
    await uploadPart(s3, { UploadId, PartNumber: 10_000, Body: "x" });
    for (const number of ["0", "10001", "-1", "x", ""]) {
      const target = `/${BUCKET}/dir/key?partNumber=${number}&uploadId=${UploadId}`;
      const { code } = await sendSigned(server, { method: "PUT", target, body: "x" });
      assertEquals(`${number} ${code}`, `${number} InvalidArgument`);
    }
  }));

Deno.test("If-None-Match and If-Match decide in the moment of completion", () =>
  withServer(async ({ s3 }) => {
    const UploadId = await begin(s3);
    const part = await uploadPart(s3, { UploadId, PartNumber: 1, Body: "from parts" });
    const { ETag } = await s3.send(new PutObjectCommand({ ...at, Body: "in between" }));
    const Parts = [part];
    assertEquals(
      await errorOf(complete(s3, UploadId, { Parts, IfNoneMatch: "*" })),
      "412 PreconditionFailed",
    );
    assertEquals(
      await errorOf(complete(s3, UploadId, { Parts, IfMatch: '"other"' })),
      "412 PreconditionFailed",
    );
    await complete(s3, UploadId, { Parts, IfMatch: ETag });
    const get = await s3.send(new GetObjectCommand(at));
    assertEquals(await get.Body?.transformToString(), "from parts");
  }));

Deno.test("of ten uploads and ten puts that create the same key exactly one wins", () =>
  withServer(async ({ s3 }) => {
    const uploads = await Promise.all(Array.from({ length: 10 }, async () => {
      const UploadId = await begin(s3);
      return { UploadId, Parts: [await uploadPart(s3, { UploadId, PartNumber: 1, Body: "x" })] };
    }));
    const results = await Promise.allSettled([
      ...uploads.map(({ UploadId, Parts }) => complete(s3, UploadId, { Parts, IfNoneMatch: "*" })),
      ...uploads.map(() => s3.send(new PutObjectCommand({ ...at, Body: "y", IfNoneMatch: "*" }))),
    ]);
    assertEquals(results.filter(({ status }) => status === "fulfilled").length, 1);
  }, { durable: true }));

Deno.test("ListParts and ListMultipartUploads tell what is under way, page by page", () =>
  withServer(async ({ s3 }) => {
    const UploadId = await begin(s3);
    for (const PartNumber of [3, 1, 2]) {
      await uploadPart(s3, { UploadId, PartNumber, Body: "x".repeat(PartNumber) });
    }
    const first = await s3.send(new ListPartsCommand({ ...at, UploadId, MaxParts: 2 }));
    assertEquals(first.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]), [[1, 1], [2, 2]]);
    assertEquals([first.IsTruncated, first.NextPartNumberMarker], [true, "2"]);
    const second = await s3.send(new ListPartsCommand({ ...at, UploadId, PartNumberMarker: "2" }));
    assertEquals(second.Parts?.map(({ PartNumber }) => PartNumber), [3]);
    const ids = [UploadId, await begin(s3), await begin(s3, { Key: "other" })];
    const found: (string | undefined)[] = [];
    let markers = {};
    for (;;) {
      const page = await s3.send(
        new ListMultipartUploadsCommand({ Bucket: BUCKET, MaxUploads: 1, ...markers }),
      );
      found.push(...page.Uploads?.map((upload) => upload.UploadId) ?? []);
      if (!page.IsTruncated) break;
      markers = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    }
    assertEquals(found.toSorted(), ids.toSorted());
    const prefixes = await s3.send(
      new ListMultipartUploadsCommand({ Bucket: BUCKET, Delimiter: "/" }),
    );
    assertEquals(prefixes.CommonPrefixes?.map(({ Prefix }) => Prefix), ["dir/"]);
    assertEquals(prefixes.Uploads?.map(({ Key }) => Key), ["other"]);
  }));

Deno.test("a part can be copied from a range of an object", () =>
  withServer(async ({ s3 }) => {
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "source", Body: "0123456789" }));
    const UploadId = await begin(s3);
    const copy = (
      CopySourceRange: string,
    ): Promise<{ CopyPartResult?: { ETag?: string | undefined } | undefined }> =>
      s3.send(
        new UploadPartCopyCommand({
          ...at,
          UploadId,
          PartNumber: 1,
          CopySource: `${BUCKET}/source`,
          CopySourceRange,
        }),
      );
    assertEquals(await errorOf(copy("bytes=5-10")), "400 InvalidArgument");
    const { CopyPartResult } = await copy("bytes=2-5");
    const Parts = [{ PartNumber: 1, ETag: CopyPartResult?.ETag }];
    await complete(s3, UploadId, { Parts });
    const get = await s3.send(new GetObjectCommand(at));
    assertEquals(await get.Body?.transformToString(), "2345");
  }));

Deno.test("the end of an upload, asked for again, is answered as the first time while the object is its own", () =>
  withServer(async ({ s3 }) => {
    const UploadId = await begin(s3);
    const part = await uploadPart(s3, { UploadId, PartNumber: 1, Body: "x" });
    const done = await complete(s3, UploadId, { Parts: [part] });
    const again = await complete(s3, UploadId, { Parts: [part] });
    assertEquals(again.ETag, done.ETag);
    await s3.send(new PutObjectCommand({ ...at, Body: "another" }));
    assertEquals(await errorOf(complete(s3, UploadId, { Parts: [part] })), "404 NoSuchUpload");
  }));

Deno.test("a part without its upload replaces no object", () =>
  withServer(async ({ server, s3 }) => {
    await s3.send(new PutObjectCommand({ ...at, Body: "whole" }));
    const target = `/${BUCKET}/dir/key?partNumber=1`;
    const { status, code } = await sendSigned(server, { method: "PUT", target, body: "part" });
    assertEquals([status, code], [400, "InvalidArgument"]);
    const { Body } = await s3.send(new GetObjectCommand(at));
    assertEquals(await Body?.transformToString(), "whole");
  }));
