import {
  CopyObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { assertEquals, assertStringIncludes } from "../assert.ts";
import {
  CHECKSUM_ALGORITHMS,
  type ChecksumAlgorithm,
  headerOf,
  newChecksum,
} from "./payload/checksums.ts";
import { sendRaw, sendSigned, signedRequest } from "./testing/raw_client.ts";
import { BUCKET, withServer } from "./testing/with_server.ts";

const at = { Bucket: BUCKET, Key: "key" };
const target = `/${BUCKET}/key`;

/** For the nine bytes `123456789`: the check values of the CRC catalogue, and the output of sha1sum. */
const OF_123456789: Record<ChecksumAlgorithm, string> = {
  CRC32: "y/Q5Jg==",
  CRC32C: "4waSgw==",
  CRC64NVME: "rosUhgp5mIg=",
  SHA1: "98O8HYCOBHMq32eZZczDTKeuNEE=",
  SHA256: "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
};

Deno.test("each algorithm gives its published check value, however the bytes are cut", async () => {
  const content = new TextEncoder().encode("123456789");
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    for (let cut = 0; cut <= content.length; cut++) {
      const checksum = newChecksum(algorithm);
      checksum.update(content.subarray(0, cut));
      checksum.update(content.subarray(cut));
      assertEquals([algorithm, await checksum.digest()], [algorithm, OF_123456789[algorithm]]);
    }
  }
});

Deno.test("each checksum is verified in the header, kept, and returned when asked for", () =>
  withServer(async ({ server }) => {
    for (const algorithm of CHECKSUM_ALGORITHMS) {
      const header = headerOf(algorithm);
      const put = (value: string): ReturnType<typeof sendSigned> =>
        sendSigned(server, {
          method: "PUT",
          target: `${target}-${algorithm}`,
          headers: { [header]: value },
          body: "123456789",
        });
      const other = await newChecksum(algorithm).digest();
      const wrong = await put(other);
      assertEquals([algorithm, wrong.status, wrong.code], [algorithm, 400, "BadDigest"]);
      assertEquals((await put("AAAA")).code, "InvalidRequest");
      assertEquals((await put("no base64!")).code, "InvalidRequest");
      assertEquals((await sendSigned(server, { target: `${target}-${algorithm}` })).status, 404);
      const right = await put(OF_123456789[algorithm]);
      assertEquals(right.headers.get(header), OF_123456789[algorithm]);
      for (const method of ["GET", "HEAD"]) {
        const mode = { "x-amz-checksum-mode": "ENABLED" };
        const asked = await sendSigned(server, {
          method,
          target: `${target}-${algorithm}`,
          headers: mode,
        });
        assertEquals(asked.headers.get(header), OF_123456789[algorithm]);
        assertEquals(asked.headers.get("x-amz-checksum-type"), "FULL_OBJECT");
        const unasked = await sendSigned(server, { method, target: `${target}-${algorithm}` });
        assertEquals(unasked.headers.get(header), undefined);
      }
    }
  }));

Deno.test("an upload without a checksum gets a CRC64NVME", () =>
  withServer(async ({ server }) => {
    const put = await sendSigned(server, { method: "PUT", target, body: "123456789" });
    assertEquals(put.headers.get("x-amz-checksum-crc64nvme"), OF_123456789.CRC64NVME);
  }));

/** A body in unsigned chunks with a trailer, as the SDKs send streams. */
function chunked(content: string, trailer: string): string {
  const chunks = content.match(/[^]{1,5}/g) ?? [];
  const framed = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
  return `${framed}0\r\n${trailer}\r\n\r\n`;
}

Deno.test("each checksum is verified in the trailer of an unsigned stream", () =>
  withServer(async ({ server }) => {
    for (const algorithm of CHECKSUM_ALGORITHMS) {
      const header = headerOf(algorithm);
      const put = async (trailer: string, declared = header): Promise<string> => {
        const { status, code } = await sendSigned(server, {
          method: "PUT",
          target: `${target}-${algorithm}`,
          headers: {
            "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "x-amz-decoded-content-length": "9",
            "x-amz-trailer": declared,
          },
          unsigned: { "Content-Encoding": "aws-chunked" },
          body: () => chunked("123456789", trailer),
        });
        return `${algorithm} ${status} ${code}`;
      };
      const wrong = await newChecksum(algorithm).digest();
      assertEquals(await put(`${header}:${wrong}`), `${algorithm} 400 BadDigest`);
      assertEquals(await put(`${header}:xx`), `${algorithm} 400 InvalidRequest`);
      assertEquals(await put(""), `${algorithm} 400 MalformedTrailerError`);
      assertEquals(await put("no colon"), `${algorithm} 400 MalformedTrailerError`);
      assertEquals(await put(`${header}:x`, "x-amz-other"), `${algorithm} 400 InvalidRequest`);
      assertEquals((await sendSigned(server, { target: `${target}-${algorithm}` })).status, 404);
      const right = `${header}:${OF_123456789[algorithm]}`;
      assertEquals(await put(right), `${algorithm} 200 undefined`);
      assertEquals(
        (await sendSigned(server, { target: `${target}-${algorithm}` })).body,
        "123456789",
      );
    }
  }));

Deno.test("an unsigned stream may come in HTTP chunks; a plain body may not", () =>
  withServer(async ({ server, s3 }) => {
    const aws = chunked("123456789", `x-amz-checksum-crc32:${OF_123456789.CRC32}`);
    const put = await sendSigned(server, {
      method: "PUT",
      target,
      headers: {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": "9",
        "x-amz-trailer": "x-amz-checksum-crc32",
      },
      unsigned: { "Transfer-Encoding": "chunked" },
      body: () => `${aws.length.toString(16)}\r\n${aws}\r\n0\r\n\r\n`,
    });
    assertEquals(put.status, 200);
    const get = await s3.send(new GetObjectCommand({ ...at, ChecksumMode: "ENABLED" }));
    assertEquals(get.ChecksumCRC32, OF_123456789.CRC32);
    assertEquals(await get.Body?.transformToString(), "123456789");
    const plain = await sendSigned(server, {
      method: "PUT",
      target,
      headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
      unsigned: { "Transfer-Encoding": "chunked" },
      body: () => "1\r\nx\r\n0\r\n\r\n",
    });
    assertEquals(plain.code, "NotImplemented");
  }));

Deno.test("contradicting announcements of a checksum are refused", () =>
  withServer(async ({ server }) => {
    const { CRC32, SHA1 } = OF_123456789;
    const contradictions: Record<string, string>[] = [
      { "x-amz-checksum-crc32": CRC32, "x-amz-checksum-sha1": SHA1 },
      { "x-amz-sdk-checksum-algorithm": "CRC32" },
      { "x-amz-sdk-checksum-algorithm": "CRC32", "x-amz-checksum-sha1": SHA1 },
      { "x-amz-sdk-checksum-algorithm": "CRC7" },
      { "x-amz-trailer": "x-amz-checksum-crc32" },
    ];
    for (const headers of contradictions) {
      const put = await sendSigned(server, { method: "PUT", target, headers, body: "123456789" });
      assertEquals({ headers, code: put.code }, { headers, code: "InvalidRequest" });
    }
    assertEquals((await sendSigned(server, { target })).status, 404);
  }));

Deno.test("Content-MD5 is verified, and refused where it is none", () =>
  withServer(async ({ server }) => {
    const put = async (md5: string): Promise<string> => {
      const unsigned = { "Content-MD5": md5 };
      const request = { method: "PUT", target, body: "123456789", unsigned };
      const { status, code } = await sendSigned(server, request);
      return `${status} ${code}`;
    };
    assertEquals(await put(createHash("md5").digest("base64")), "400 BadDigest");
    assertEquals(await put("nonsense"), "400 InvalidDigest");
    assertEquals((await sendSigned(server, { target })).status, 404);
    const right = createHash("md5").update("123456789").digest("base64");
    assertEquals(await put(right), "200 undefined");
  }));

Deno.test("a body that is shorter than announced stores nothing", () =>
  withServer(async ({ server, folder }) => {
    for (const headers of [{}, { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }]) {
      const request = signedRequest(server, { method: "PUT", target, body: "123456789", headers });
      const options = { method: "PUT", closeWrite: true };
      const response = await sendRaw(server, request.subarray(0, -4), options);
      assertEquals([response.status, "code" in response && response.code], [400, "IncompleteBody"]);
      assertEquals((await sendSigned(server, { target })).status, 404);
    }
    assertEquals([...Deno.readDirSync(`${folder}/${BUCKET}/tmp`)], []);
  }));

Deno.test("a body that is longer than announced is cut at what was announced and signed", () =>
  withServer(async ({ server }) => {
    const request = {
      method: "PUT",
      target,
      body: "123456789",
      unsigned: { "Content-Length": "8" },
    };
    const { code } = await sendSigned(server, request);
    assertEquals(code, "XAmzContentSHA256Mismatch");
    assertEquals((await sendSigned(server, { target })).status, 404);
  }));

Deno.test("the SDK's own checksums arrive for strings, bytes and streams", () =>
  withServer(async ({ s3 }) => {
    for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"] as const) {
      const put = await s3.send(
        new PutObjectCommand({ ...at, Body: "123456789", ChecksumAlgorithm }),
      );
      const field = `Checksum${ChecksumAlgorithm}` as const;
      assertEquals(put[field], OF_123456789[ChecksumAlgorithm]);
      const head = await s3.send(new HeadObjectCommand({ ...at, ChecksumMode: "ENABLED" }));
      assertEquals(head[field], OF_123456789[ChecksumAlgorithm]);
      const get = await s3.send(new GetObjectCommand({ ...at, ChecksumMode: "ENABLED" }));
      assertEquals(await get.Body?.transformToString(), "123456789");
    }
  }));

Deno.test("a copy keeps the algorithm of its source, or takes the one it is told", () =>
  withServer(async ({ s3, server }) => {
    await s3.send(new PutObjectCommand({ ...at, Body: "123456789", ChecksumAlgorithm: "SHA1" }));
    const copy = { Bucket: BUCKET, Key: "copy", CopySource: `${BUCKET}/key` };
    const same = await s3.send(new CopyObjectCommand(copy));
    assertEquals(same.CopyObjectResult?.ChecksumSHA1, OF_123456789.SHA1);
    const other = await s3.send(new CopyObjectCommand({ ...copy, ChecksumAlgorithm: "CRC32C" }));
    assertEquals(other.CopyObjectResult?.ChecksumCRC32C, OF_123456789.CRC32C);
    const list = await sendSigned(server, { target: `/${BUCKET}?list-type=2&prefix=copy` });
    assertStringIncludes(list.body, "<ChecksumAlgorithm>CRC32C</ChecksumAlgorithm>");
  }));
