/** Bodies in signed chunks. One test is long because it has a table of all attacks. */
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { assertEquals } from "../assert.ts";
import { sendSigned } from "./testing/raw_client.ts";
import { chunkSigned, type Signature } from "./testing/signer.ts";
import { BUCKET, withServer } from "./testing/with_server.ts";

const target = `/${BUCKET}/key`;

const STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";

const CHUNKS = ["a".repeat(8192), "b".repeat(8192), "the rest"];

const LENGTH = String(CHUNKS.join("").length);

Deno.test("a body in signed chunks is stored without its framing", () =>
  withServer(async ({ server, s3 }) => {
    const put = await sendSigned(server, {
      method: "PUT",
      target,
      headers: { "x-amz-content-sha256": STREAMING, "x-amz-decoded-content-length": LENGTH },
      unsigned: { "Content-Encoding": "aws-chunked" },
      body: (signature) => chunkSigned(CHUNKS, signature),
    });
    assertEquals(put.status, 200);
    const get = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: "key" }));
    assertEquals(await get.Body?.transformToString(), CHUNKS.join(""));
    assertEquals(get.ContentEncoding, undefined);
  }));

Deno.test("chunks that were changed, swapped, left out or cut off store nothing", () =>
  withServer(async ({ server }) => {
    const attacks: [
      what: string,
      body: (signature: Signature) => string,
      length: string,
      code: string,
    ][] = [
      [
        "changed",
        (s) => chunkSigned(CHUNKS, s).replace("aaa", "aab"),
        LENGTH,
        "SignatureDoesNotMatch",
      ],
      [
        "last changed",
        (s) => chunkSigned(CHUNKS, s).replace("rest", "test"),
        LENGTH,
        "SignatureDoesNotMatch",
      ],
      [
        "other seed",
        (s) => chunkSigned(CHUNKS, { ...s, signature: "0".repeat(64) }),
        LENGTH,
        "SignatureDoesNotMatch",
      ],
      [
        "swapped",
        (s) => {
          const [one = "", two = ""] = chunkSigned(CHUNKS, s).match(/2000;[^]*?\r\n[^]*?\r\n/g) ??
            [];
          return chunkSigned(CHUNKS, s).replace(one + two, two + one);
        },
        LENGTH,
        "SignatureDoesNotMatch",
      ],
      [
        "cut off",
        (s) => chunkSigned(CHUNKS, s).replace(/8;chunk[^]*/, ""),
        LENGTH,
        "IncompleteBody",
      ],
      [
        "no last chunk",
        (s) => chunkSigned(CHUNKS, s).replace(/0;chunk[^]*/, ""),
        LENGTH,
        "IncompleteBody",
      ],
      [
        "last chunk unsigned",
        (s) => chunkSigned(CHUNKS, s).replace(/0;chunk[^]*/, "0\r\n\r\n"),
        LENGTH,
        "IncompleteBody",
      ],
      ["shorter than announced", (s) => chunkSigned(CHUNKS, s), "99999", "IncompleteBody"],
      ["longer than announced", (s) => chunkSigned(CHUNKS, s), "99", "IncompleteBody"],
      ["no length", (s) => chunkSigned(CHUNKS, s), "", "MissingContentLength"],
      ["not chunked at all", () => "x".repeat(100), "100", "IncompleteBody"],
    ];
    for (const [what, body, length, code] of attacks) {
      const put = await sendSigned(server, {
        method: "PUT",
        target,
        headers: { "x-amz-content-sha256": STREAMING, "x-amz-decoded-content-length": length },
        body,
      });
      assertEquals(`${what} ${put.code}`, `${what} ${code}`);
      assertEquals((await sendSigned(server, { target })).status, 404);
    }
  }));

Deno.test("a signed trailer is verified, both its signature and its checksum", () =>
  withServer(async ({ server }) => {
    const name = "x-amz-checksum-sha256";
    const sum = createHash("sha256").update(CHUNKS.join("")).digest("base64");
    const put = (
      body: (signature: Signature) => string,
    ): Promise<{ status: number; code: string | undefined }> =>
      sendSigned(server, {
        method: "PUT",
        target,
        headers: {
          "x-amz-content-sha256": `${STREAMING}-TRAILER`,
          "x-amz-decoded-content-length": LENGTH,
          "x-amz-trailer": name,
        },
        body,
      });
    const forged = await put((s) =>
      chunkSigned(CHUNKS, s, [name, sum]).replace(/(trailer-signature:)..../, "$10000")
    );
    assertEquals(forged.code, "SignatureDoesNotMatch");
    const unsigned = await put((s) =>
      chunkSigned(CHUNKS, s, [name, sum]).replace(/x-amz-trailer-signature.*\r\n/, "")
    );
    assertEquals(unsigned.code, "MalformedTrailerError");
    const wrong = await put((s) =>
      chunkSigned(CHUNKS, s, [name, createHash("sha256").digest("base64")])
    );
    assertEquals(wrong.code, "BadDigest");
    assertEquals((await sendSigned(server, { target })).status, 404);
    assertEquals((await put((s) => chunkSigned(CHUNKS, s, [name, sum]))).status, 200);
    assertEquals((await sendSigned(server, { target })).body, CHUNKS.join(""));
  }));
