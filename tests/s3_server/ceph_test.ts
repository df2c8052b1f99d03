/** What ceph/s3-tests asks of that which this server claims, as far as no other test asks it. */
import {
  CopyObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { assertEquals } from "../assert.ts";
import { at, begin, bytes, complete, MIB, uploadPart } from "./testing/multipart.ts";
import { sendSigned } from "./testing/raw_client.ts";
import { BUCKET, errorOf, withServer } from "./testing/with_server.ts";

const target = `/${BUCKET}/dir/key`;

Deno.test("a completion is answered the same again and again, for the same parts only, also by a new server", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "ftl-s3-" });
  try {
    let UploadId = "";
    const Parts: { PartNumber: number; ETag: string }[] = [];
    let done: unknown;
    await withServer(async ({ s3 }) => {
      UploadId = await begin(s3);
      for (const Body of [bytes(5 * MIB, 1), "the last"]) {
        const PartNumber = Parts.length + 1;
        const { ETag } = await uploadPart(s3, { UploadId, PartNumber, Body });
        Parts.push({ PartNumber, ETag });
      }
      // Side by side: whichever comes first, the others get its answer.
      const asked = [1, 2, 3].map(() => complete(s3, UploadId, { Parts }));
      const answers = (await Promise.all(asked)).map(contentOf);
      done = answers[0];
      assertEquals(answers, [done, done, done]);
      for (const others of [Parts.slice(1), [...Parts].reverse(), [...Parts, ...Parts]]) {
        const again = complete(s3, UploadId, { Parts: others });
        assertEquals(await errorOf(again), "404 NoSuchUpload");
      }
      assertEquals((await s3.send(new HeadObjectCommand(at))).ContentLength, 5 * MIB + 8);
    }, { folder });
    await withServer(async ({ s3 }) => {
      assertEquals(contentOf(await complete(s3, UploadId, { Parts })), done);
    }, { folder });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

/** What an answer says of the object. The rest differs with each request, and with the server's port. */
function contentOf(answer: object): object {
  const varying = ["$metadata", "Location"];
  return Object.fromEntries(Object.entries(answer).filter(([name]) => !varying.includes(name)));
}

Deno.test("a write on a condition that the server does not ask is not done, whatever the operation", () =>
  withServer(async ({ server, s3 }) => {
    await s3.send(new PutObjectCommand({ ...at, Body: "kept" }));
    const UploadId = await begin(s3);
    const part = await uploadPart(s3, { UploadId, PartNumber: 1, Body: "part" });
    const time = "Sun, 22 Nov 2026 09:55:51 GMT";
    const copy = { "x-amz-copy-source": `${BUCKET}/dir/key` };
    const upload = `${target}?uploadId=${UploadId}`;
    const onePart = `${target}?partNumber=1&uploadId=${UploadId}`;
    const xml = "<Delete><Object><Key>dir/key</Key></Object></Delete>";
    const list =
      `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.ETag}</ETag>` +
      "</Part></CompleteMultipartUpload>";
    const table: [
      method: string,
      target: string,
      headers: Record<string, string>,
      body?: string,
    ][] = [
      ["PUT", target, { "if-range": '"etag"' }],
      ["PUT", target, { "x-amz-if-match-size": "4" }],
      ["PUT", target, { "x-amz-copy-source-if-match": '"etag"' }],
      ["PUT", target, { ...copy, "if-unmodified-since": time }],
      ["PUT", target, { ...copy, "x-amz-copy-source-if-match-size": "4" }],
      ["PUT", onePart, { "if-match": '"etag"' }],
      ["PUT", onePart, { "if-none-match": "*" }],
      ["PUT", onePart, { ...copy, "if-none-match": "*" }],
      ["POST", `${target}?uploads=`, { "if-none-match": "*" }],
      ["POST", upload, { "if-unmodified-since": time }, list],
      ["DELETE", upload, { "x-amz-if-match-initiated-time": time }],
      ["POST", `/${BUCKET}?delete=`, { "if-match": '"etag"' }, xml],
      ["DELETE", `/${BUCKET}`, { "if-match": '"etag"' }],
    ];
    for (const [method, to, headers, body = ""] of table) {
      const { status, code } = await sendSigned(server, { method, target: to, headers, body });
      const asked = `${method} ${to} ${JSON.stringify(headers)}`;
      assertEquals(`${asked} ${status} ${code}`, `${asked} 501 NotImplemented`);
    }
    const { Body } = await s3.send(new GetObjectCommand(at));
    assertEquals(await Body?.transformToString(), "kept");
    // The upload and its part are still there, and reads may ignore what they do not know.
    await complete(s3, UploadId, { Parts: [part] });
    const listed = await sendSigned(server, {
      target: `/${BUCKET}`,
      unsigned: { "If-None-Match": "*" },
    });
    assertEquals(listed.status, 200);
  }));

Deno.test("aws-chunked is no encoding of an object, wherever it stands and however it came", () =>
  withServer(async ({ server, s3 }) => {
    const table: [sent: string, kept: string | undefined][] = [
      ["gzip", "gzip"],
      ["deflate, gzip", "deflate, gzip"],
      ["aws-chunked", undefined],
      ["aws-chunked, aws-chunked", undefined],
      ["gzip, aws-chunked", "gzip"],
      ["aws-chunked,gzip", "gzip"],
      ["deflate, gzip, aws-chunked", "deflate, gzip"],
      ["aws-chunked, deflate,gzip", "deflate, gzip"],
    ];
    for (const [ContentEncoding, kept] of table) {
      const UploadId = await begin(s3, { ContentEncoding });
      const Parts = [await uploadPart(s3, { UploadId, PartNumber: 1, Body: "x" })];
      await complete(s3, UploadId, { Parts });
      const copied = { ...at, Key: "copy", ContentEncoding, MetadataDirective: "REPLACE" as const };
      await s3.send(new CopyObjectCommand({ ...copied, CopySource: `${BUCKET}/dir/key` }));
      await s3.send(new PutObjectCommand({ ...at, Key: "put", ContentEncoding, Body: "x" }));
      for (const key of ["dir/key", "copy", "put"]) {
        for (const method of ["HEAD", "GET"]) {
          const { headers } = await sendSigned(server, { method, target: `/${BUCKET}/${key}` });
          assertEquals([ContentEncoding, key, headers.get("content-encoding")], [
            ContentEncoding,
            key,
            kept,
          ]);
        }
      }
    }
  }));

Deno.test("a copied part obeys conditions on its source, and wants a range of one form", () =>
  withServer(async ({ s3 }) => {
    const { ETag } = await s3.send(new PutObjectCommand({ ...at, Key: "source", Body: "01234" }));
    const UploadId = await begin(s3);
    const copy = (more: object, source = "source"): Promise<unknown> => {
      const CopySource = `${BUCKET}/${encodeURIComponent(source)}`;
      const part = { ...at, UploadId, PartNumber: 1, CopySource };
      return s3.send(new UploadPartCopyCommand({ ...part, ...more }));
    };
    for (
      const range of [
        "0-2",
        "bytes=0",
        "bytes=hello-world",
        "bytes=0-bar",
        "bytes=hello-",
        "bytes=0-2,3-5",
      ]
    ) {
      assertEquals(await errorOf(copy({ CopySourceRange: range })), "400 InvalidArgument");
    }
    for (
      const condition of [
        { CopySourceIfMatch: '"other"' },
        { CopySourceIfNoneMatch: ETag },
        { CopySourceIfModifiedSince: new Date(Date.now() + 60_000) },
        { CopySourceIfUnmodifiedSince: new Date(0) },
      ]
    ) {
      assertEquals(await errorOf(copy(condition)), "412 PreconditionFailed");
    }
    await copy({ CopySourceIfMatch: ETag });
    assertEquals(await errorOf(copy({}, "none")), "404 NoSuchKey");
    for (const Key of [" ", "_", "__", "?versionId"]) {
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Key }));
      await copy({}, Key);
      await s3.send(
        new CopyObjectCommand({ ...at, CopySource: `${BUCKET}/${encodeURIComponent(Key)}` }),
      );
      const { Body } = await s3.send(new GetObjectCommand(at));
      assertEquals(await Body?.transformToString(), Key);
    }
  }));

Deno.test("headers that say nothing, or nonsense, are taken or refused as S3 does", () =>
  withServer(async ({ server }) => {
    const table: [headers: Record<string, string>, answer: string][] = [
      [{ "Content-MD5": "YWJyYWNhZGFicmE=" }, "400 InvalidDigest"],
      [{ "Content-MD5": "" }, "400 InvalidDigest"],
      [{ "Content-MD5": "rL0Y20xC+Fzt72VPzMSk2A==" }, "400 BadDigest"],
      [{ "Content-Length": "-1" }, "400 BadRequest"],
      [{ "Content-Length": "" }, "400 BadRequest"],
      [{ "Expect": "200" }, "200 "],
      [{ "Expect": "" }, "200 "],
      [{ "Content-Type": "" }, "200 "],
      [{ "Content-Type": "text/plain" }, "200 "],
      [{ "Cache-Control": "" }, "200 "],
    ];
    for (const [unsigned, answer] of table) {
      const put = await sendSigned(server, { method: "PUT", target, body: "bar", unsigned });
      assertEquals([unsigned, `${put.status} ${put.code ?? ""}`], [unsigned, answer]);
    }
    const { headers, body } = await sendSigned(server, { target });
    assertEquals([headers.get("content-type"), headers.get("cache-control"), body], [
      "binary/octet-stream",
      undefined,
      "bar",
    ]);
    for (
      const name of ["_foo", "foo-", "foo..bar", "foo.-bar", "foo-.bar", "foo_bar", "192.168.5.123"]
    ) {
      const { code } = await sendSigned(server, { method: "PUT", target: `/${name}` });
      assertEquals([name, code], [name, "InvalidBucketName"]);
    }
    for (const name of ["f".repeat(63), "0foo", "foo-bar", "foo.bar"]) {
      const { status } = await sendSigned(server, { method: "PUT", target: `/${name}` });
      assertEquals([name, status], [name, 200]);
    }
  }));
