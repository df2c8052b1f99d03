/** Checksums of uploads in parts. */
import { HeadObjectCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { assertEquals, assertStringIncludes } from "../assert.ts";
import { sendSigned } from "./testing/raw_client.ts";
import { BUCKET, errorOf, withServer } from "./testing/with_server.ts";
import { at, begin, bytes, complete, MIB, uploadPart } from "./testing/multipart.ts";

Deno.test("a composite checksum is made of the parts' own, and none may be missing", () =>
  withServer(async ({ s3, server }) => {
    const UploadId = await begin(s3, { ChecksumAlgorithm: "SHA256" });
    const target = `/${BUCKET}/dir/key?partNumber=1&uploadId=${UploadId}`;
    const bare = await sendSigned(server, { method: "PUT", target, body: "x" });
    assertEquals(bare.code, "InvalidRequest");
    assertStringIncludes(bare.body, "expected checksum Type: sha256, actual checksum Type: null");
    const { ETag, ChecksumSHA256 } = await s3.send(
      new UploadPartCommand({
        ...at,
        UploadId,
        PartNumber: 1,
        Body: "x",
        ChecksumAlgorithm: "SHA256",
      }),
    );
    const without = complete(s3, UploadId, { Parts: [{ PartNumber: 1, ETag }] });
    assertEquals(await errorOf(without), "400 InvalidRequest");
    await complete(s3, UploadId, { Parts: [{ PartNumber: 1, ETag, ChecksumSHA256 }] });
    const head = await s3.send(new HeadObjectCommand({ ...at, ChecksumMode: "ENABLED" }));
    const inner = createHash("sha256").update("x").digest();
    const outer = createHash("sha256").update(inner).digest("base64");
    assertEquals([head.ChecksumSHA256, head.ChecksumType], [`${outer}-1`, "COMPOSITE"]);
  }));

Deno.test("a full-object checksum is that of all the bytes, and can be demanded", () =>
  withServer(async ({ s3 }) => {
    const [one, two] = [bytes(5 * MIB, 1), bytes(10, 2)];
    const expected = new Uint8Array(4);
    new DataView(expected.buffer).setUint32(0, crc32(two, crc32(one)));
    const ChecksumCRC32 = btoa(String.fromCharCode(...expected));
    const more = { ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" as const };
    const UploadId = await begin(s3, more);
    const Parts = [
      await uploadPart(s3, { UploadId, PartNumber: 1, Body: one }),
      await uploadPart(s3, { UploadId, PartNumber: 2, Body: two }),
    ];
    const wrong = { Parts, ChecksumCRC32: "AAAAAA==", ChecksumType: more.ChecksumType };
    assertEquals(await errorOf(complete(s3, UploadId, wrong)), "400 BadDigest");
    await complete(s3, UploadId, { ...wrong, ChecksumCRC32 });
    const head = await s3.send(new HeadObjectCommand({ ...at, ChecksumMode: "ENABLED" }));
    assertEquals([head.ChecksumCRC32, head.ChecksumType], [ChecksumCRC32, "FULL_OBJECT"]);
  }));

Deno.test("checksum types that an algorithm has not are refused", () =>
  withServer(async ({ s3 }) => {
    for (const ChecksumAlgorithm of ["SHA1", "SHA256"]) {
      const call = begin(s3, { ChecksumAlgorithm, ChecksumType: "FULL_OBJECT" });
      assertEquals(await errorOf(call), "400 InvalidRequest");
    }
    const call = begin(s3, { ChecksumAlgorithm: "CRC64NVME", ChecksumType: "COMPOSITE" });
    assertEquals(await errorOf(call), "400 InvalidRequest");
  }));
