/** Objects: their content, metadata and keys. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { sendSigned } from "./testing/raw_client.ts";
import { BUCKET, errorOf, withServer } from "./testing/with_server.ts";

const at = { Bucket: BUCKET, Key: "key" };

Deno.test("an object comes back as it was put, at once, with its ETag", () =>
  withServer(async ({ s3 }) => {
    for (const content of ["first", "second, longer", ""]) {
      const put = await s3.send(new PutObjectCommand({ ...at, Body: content }));
      const get = await s3.send(new GetObjectCommand(at));
      assertEquals(await get.Body?.transformToString(), content);
      assertEquals([get.ETag, get.ContentLength], [put.ETag, content.length]);
      const list = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
      assertEquals(list.Contents?.map(({ ETag, Size }) => [ETag, Size]), [[
        put.ETag,
        content.length,
      ]]);
    }
    assertEquals(
      (await s3.send(new HeadObjectCommand(at))).ETag,
      '"d41d8cd98f00b204e9800998ecf8427e"',
    );
  }));

Deno.test("metadata and the headers of the content are kept, byte for byte", () =>
  withServer(async ({ server, s3 }) => {
    const properties = {
      Metadata: { "by-whom": "me", empty: "", "spaces": "a  b" },
      ContentType: "text/x-test; charset=utf-8",
      CacheControl: "no-cache",
      ContentDisposition: 'attachment; filename="a.txt"',
      ContentEncoding: "identity",
      ContentLanguage: "de",
      Expires: new Date("2030-01-02T03:04:05Z"),
      StorageClass: "STANDARD_IA" as const,
    };
    await s3.send(new PutObjectCommand({ ...at, ...properties, Body: "x" }));
    const head = await s3.send(new HeadObjectCommand(at));
    for (const [name, value] of Object.entries(properties)) {
      if (name !== "Expires" && name !== "Metadata") {
        assertEquals([name, (head as unknown as Record<string, unknown>)[name]], [name, value]);
      }
    }
    assertEquals(head.ExpiresString, "Wed, 02 Jan 2030 03:04:05 GMT");
    assertEquals(head.Metadata?.["by-whom"], "me");
    const raw = await sendSigned(server, { method: "HEAD", target: `/${BUCKET}/key` });
    assertEquals(raw.headers.get("x-amz-meta-spaces"), "a  b");
    assertEquals(raw.headers.get("x-amz-meta-empty"), "");
    // Bytes beyond ASCII are nobody's business but the client's.
    const utf8 = "\u00c3\u009c\u00e2\u0080\u0093";
    await sendSigned(server, {
      method: "PUT",
      target: `/${BUCKET}/bytes`,
      unsigned: { "Content-Encoding": "aws-chunked,gzip", "Content-Disposition": utf8 },
    });
    const plain = await sendSigned(server, { method: "HEAD", target: `/${BUCKET}/bytes` });
    assertEquals(plain.headers.get("content-encoding"), "gzip");
    assertEquals(plain.headers.get("content-disposition"), utf8);
    assertEquals(plain.headers.get("content-type"), "binary/octet-stream");
    for (
      const [sent, kept] of [
        ["deflate, aws-chunked, gzip", "deflate, gzip"],
        ["gzip, br", "gzip, br"],
        ["gzip,br", "gzip,br"],
        ["AWS-chunked", undefined],
      ] as const
    ) {
      const unsigned = { "Content-Encoding": sent };
      await sendSigned(server, { method: "PUT", target: `/${BUCKET}/bytes`, unsigned });
      const head = await sendSigned(server, { method: "HEAD", target: `/${BUCKET}/bytes` });
      assertEquals(head.headers.get("content-encoding"), kept);
    }
  }));

Deno.test("metadata of more than 2 KB is refused, of 2 KB kept", () =>
  withServer(async ({ s3 }) => {
    const put = (length: number): Promise<unknown> =>
      s3.send(new PutObjectCommand({ ...at, Body: "x", Metadata: { m: "v".repeat(length) } }));
    await put(2047);
    assertEquals(await errorOf(put(2048)), "400 MetadataTooLarge");
  }));

const STRANGE_KEYS = [
  "a b",
  "a+b",
  "a%2Bb",
  "100%",
  "a/b/c",
  "/leading",
  "trailing/",
  "a//b",
  "..",
  "../../etc/passwd",
  ".",
  "./x",
  "a&b=c?d#e",
  "quote\"'<>",
  "\u00fc\u4e2d\u6587",
  "\ud83d\ude80.tgz",
  "star*()!~",
  "\\back\\slash",
  "new\nline",
  "A",
  "a",
  "x".repeat(1024),
  "con",
  "tab\t",
];

/** As SigV4 wants it: what encodeURIComponent leaves alone, too. */
function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

Deno.test("keys of every kind are kept apart, listed, and never leave the folder", () =>
  withServer(async ({ server, s3, folder }) => {
    // Sent by hand: fetch() would make `/b` of `/a/../b` before it is signed.
    const path = (key: string): string =>
      `/${BUCKET}/${key.split("/").map(encodeStrictly).join("/")}`;
    const bytes = (key: string): string => String.fromCharCode(...new TextEncoder().encode(key));
    for (const key of STRANGE_KEYS) {
      const put = { method: "PUT", target: path(key), body: bytes(key) };
      assertEquals((await sendSigned(server, put)).status, 200);
    }
    for (const key of STRANGE_KEYS) {
      assertEquals((await sendSigned(server, { target: path(key) })).body, bytes(key));
    }
    const list = await s3.send(
      new ListObjectsV2Command({ Bucket: BUCKET, EncodingType: "url" }),
    );
    const listed = list.Contents?.map(({ Key }) => decodeURIComponent(Key ?? ""));
    assertEquals(listed?.toSorted(), STRANGE_KEYS.toSorted());
    const files = [...Deno.readDirSync(`${folder}/${BUCKET}/objects`)];
    assertEquals(files.length, STRANGE_KEYS.length);
    assert(files.every((file) => file.isFile));
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [".lock", BUCKET]);
  }));

Deno.test("a key of more than 1,024 bytes is refused, a path that is no UTF-8 as well", () =>
  withServer(async ({ server }) => {
    const long = await sendSigned(server, { target: `/${BUCKET}/${"x".repeat(1025)}` });
    assertEquals([long.status, long.code], [400, "KeyTooLongError"]);
    const umlauts = await sendSigned(server, { target: `/${BUCKET}/${"%C3%BC".repeat(513)}` });
    assertEquals(umlauts.code, "KeyTooLongError");
    for (const path of ["%ff", "%C3", "%E0%80%80"]) {
      assertEquals((await sendSigned(server, { target: `/${BUCKET}/${path}` })).code, "InvalidURI");
    }
  }));

Deno.test("a missing key is NoSuchKey, and for HEAD a 404 without body", () =>
  withServer(async ({ server, s3 }) => {
    assertEquals(await errorOf(s3.send(new GetObjectCommand(at))), "404 NoSuchKey");
    assertEquals(await errorOf(s3.send(new HeadObjectCommand(at))), "404 NotFound");
    const get = await sendSigned(server, { target: `/${BUCKET}/key` });
    assertStringIncludes(get.body, "<Key>key</Key>");
    assertStringIncludes(get.body, `<Resource>/${BUCKET}/key</Resource>`);
    assertStringIncludes(get.body, `<RequestId>${get.headers.get("x-amz-request-id")}</RequestId>`);
    const head = await sendSigned(server, { method: "HEAD", target: `/${BUCKET}/key` });
    assertEquals([head.status, head.body], [404, ""]);
  }));

Deno.test("a deletion is seen at once, and deleting what is not there is no error", () =>
  withServer(async ({ s3 }) => {
    await s3.send(new PutObjectCommand({ ...at, Body: "x" }));
    for (let times = 0; times < 2; times++) {
      const { $metadata } = await s3.send(new DeleteObjectCommand(at));
      assertEquals($metadata.httpStatusCode, 204);
      assertEquals(await errorOf(s3.send(new GetObjectCommand(at))), "404 NoSuchKey");
      assertEquals((await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }))).KeyCount, 0);
    }
  }));

Deno.test("virtual-host style names the bucket in the host", () =>
  withServer(async ({ server }) => {
    const host = `${BUCKET}.localhost:${server.port}`;
    const put = await sendSigned(server, {
      method: "PUT",
      target: "/dir/key",
      headers: { host },
      body: "by host",
    });
    assertEquals(put.status, 200);
    assertEquals((await sendSigned(server, { target: `/${BUCKET}/dir/key` })).body, "by host");
    assertEquals(
      (await sendSigned(server, { target: "/dir/key", headers: { host } })).body,
      "by host",
    );
    const list = await sendSigned(server, { target: "/?list-type=2", headers: { host } });
    assertStringIncludes(list.body, "<Key>dir/key</Key>");
    const aws = `${BUCKET}.s3.us-east-1.amazonaws.com`;
    const get = await sendSigned(server, { target: "/dir/key", headers: { host: aws } });
    assertEquals(get.body, "by host");
  }));

Deno.test("a GET can ask for other headers; a version there is only one of", () =>
  withServer(async ({ server, s3 }) => {
    await s3.send(new PutObjectCommand({ ...at, Body: "x", ContentType: "text/plain" }));
    const get = await s3.send(
      new GetObjectCommand({
        ...at,
        ResponseContentType: "image/png",
        ResponseContentDisposition: "attachment",
        ResponseCacheControl: "max-age=1",
      }),
    );
    assertEquals(
      [get.ContentType, get.ContentDisposition, get.CacheControl],
      ["image/png", "attachment", "max-age=1"],
    );
    await get.Body?.transformToString();
    const none = await sendSigned(server, { target: `/${BUCKET}/key?versionId=null` });
    assertEquals(none.body, "x");
    const other = await sendSigned(server, { target: `/${BUCKET}/key?versionId=other` });
    assertEquals([other.status, other.code], [400, "InvalidArgument"]);
  }));

Deno.test("a reader keeps what it began to read, whatever happens to the object", () =>
  withServer(async ({ s3 }) => {
    const content = new Uint8Array(8 * 1024 * 1024).fill(7);
    await s3.send(new PutObjectCommand({ ...at, Body: content }));
    const get = await s3.send(new GetObjectCommand(at));
    await s3.send(new PutObjectCommand({ ...at, Body: "replaced" }));
    await s3.send(new DeleteObjectCommand(at));
    assertEquals(await get.Body?.transformToByteArray(), content);
  }));
