import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { assertEquals, assertStringIncludes } from "../assert.ts";
import type { S3Server } from "./server.ts";
import { bytesOf, readResponse, sendSigned, signedRequest } from "./testing/raw_client.ts";
import { BUCKET, errorOf, withServer } from "./testing/with_server.ts";

const at = { Bucket: BUCKET, Key: "key" };
const target = `/${BUCKET}/key`;

Deno.test("reads obey their conditions, in the order of RFC 9110", () =>
  withServer(async ({ server, s3 }) => {
    const { ETag = "" } = await s3.send(new PutObjectCommand({ ...at, Body: "x" }));
    const { LastModified = new Date() } = await s3.send(new HeadObjectCommand(at));
    const now = LastModified.toUTCString();
    const before = new Date(LastModified.getTime() - 1000).toUTCString();
    const after = new Date(LastModified.getTime() + 1000).toUTCString();
    const table: [Record<string, string>, number][] = [
      [{ "If-Match": ETag }, 200],
      [{ "If-Match": ETag.replaceAll('"', "") }, 200],
      [{ "If-Match": `"other", ${ETag}` }, 200],
      [{ "If-Match": "*" }, 200],
      [{ "If-Match": '"other"' }, 412],
      [{ "If-None-Match": ETag }, 304],
      [{ "If-None-Match": `W/${ETag}` }, 304],
      [{ "If-None-Match": "*" }, 304],
      [{ "If-None-Match": '"other"' }, 200],
      [{ "If-Modified-Since": before }, 200],
      [{ "If-Modified-Since": now }, 304],
      [{ "If-Modified-Since": after }, 304],
      [{ "If-Modified-Since": "never" }, 200],
      [{ "If-Unmodified-Since": before }, 412],
      [{ "If-Unmodified-Since": now }, 200],
      [{ "If-Unmodified-Since": after }, 200],
      [{ "If-Match": ETag, "If-Unmodified-Since": before }, 200],
      [{ "If-None-Match": '"other"', "If-Modified-Since": after }, 200],
      [{ "If-None-Match": ETag, "If-Modified-Since": before }, 304],
      [{ "If-Match": '"other"', "If-None-Match": ETag }, 412],
    ];
    for (const method of ["GET", "HEAD"]) {
      for (const [headers, status] of table) {
        const response = await sendSigned(server, { method, target, unsigned: headers });
        const asked = `${method} ${JSON.stringify(headers)}`;
        assertEquals(`${asked} ${response.status}`, `${asked} ${status}`);
        if (status === 304) {
          assertEquals([response.body, response.headers.get("etag")], ["", ETag]);
        }
        if (status === 412 && method === "GET") {
          assertEquals(response.code, "PreconditionFailed");
          assertStringIncludes(response.body, "<Condition>If-");
        }
      }
    }
  }));

Deno.test("If-None-Match: * creates and never replaces", () =>
  withServer(async ({ s3 }) => {
    const create = new PutObjectCommand({ ...at, Body: "1", IfNoneMatch: "*" });
    await s3.send(create);
    assertEquals(await errorOf(s3.send(create)), "412 PreconditionFailed");
    await s3.send(new DeleteObjectCommand(at));
    await s3.send(create);
  }));

Deno.test("If-Match replaces what it names; nothing there is a 404", () =>
  withServer(async ({ s3 }) => {
    const put = (Body: string, IfMatch?: string): Promise<{ ETag?: string | undefined }> =>
      s3.send(new PutObjectCommand({ ...at, Body, ...(IfMatch && { IfMatch }) }));
    assertEquals(await errorOf(put("0", '"any"')), "404 NoSuchKey");
    const first = await put("1");
    await put("2", first.ETag);
    assertEquals(await errorOf(put("3", first.ETag)), "412 PreconditionFailed");
    const get = await s3.send(new GetObjectCommand(at));
    assertEquals(await get.Body?.transformToString(), "2");
  }));

Deno.test("conditions that S3 has not on writes are NotImplemented and store nothing", () =>
  withServer(async ({ server }) => {
    const conditions = [
      { "If-None-Match": '"etag"' },
      { "If-Modified-Since": "Sun, 22 Nov 2026 09:55:51 GMT" },
      { "If-Unmodified-Since": "Sun, 22 Nov 2026 09:55:51 GMT" },
    ];
    for (const unsigned of conditions) {
      const put = await sendSigned(server, { method: "PUT", target, body: "x", unsigned });
      assertEquals([put.status, put.code], [501, "NotImplemented"]);
    }
    assertEquals((await sendSigned(server, { target })).status, 404);
  }));

Deno.test("of twenty writers that create the same key exactly one wins", () =>
  withServer(async ({ s3 }) => {
    const put = async (writer: number): Promise<string> => {
      try {
        await s3.send(new PutObjectCommand({ ...at, Body: `writer ${writer}`, IfNoneMatch: "*" }));
        return `writer ${writer}`;
      } catch (error) {
        return (error as Error).name;
      }
    };
    const results = await Promise.all(Array.from({ length: 20 }, (_, writer) => put(writer)));
    const winners = results.filter((result) => result.startsWith("writer"));
    assertEquals(winners.length, 1);
    assertEquals(results.filter((result) => result === "PreconditionFailed").length, 19);
    const get = await s3.send(new GetObjectCommand(at));
    assertEquals(await get.Body?.transformToString(), winners[0]);
  }, { durable: true }));

Deno.test("of twenty writers that replace the same ETag exactly one wins", () =>
  withServer(async ({ s3 }) => {
    const { ETag } = await s3.send(new PutObjectCommand({ ...at, Body: "old" }));
    const results = await Promise.allSettled(
      Array.from(
        { length: 20 },
        (_, writer) =>
          s3.send(new PutObjectCommand({ ...at, Body: `writer ${writer}`, IfMatch: ETag })),
      ),
    );
    assertEquals(results.filter(({ status }) => status === "fulfilled").length, 1);
  }, { durable: true }));

/** Sends the head of an upload and the first byte, and gives the connection when both are in. */
async function beginPut(
  server: S3Server,
  headers: Record<string, string>,
): Promise<Deno.TcpConn> {
  const request = signedRequest(server, {
    method: "PUT",
    target,
    headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
    body: "12",
    unsigned: { ...headers, Expect: "100-continue" },
  });
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await conn.write(request.subarray(0, -2));
  // The server has asked its conditions for the first time when it says so.
  assertEquals((await readResponse(conn)).status, 100);
  return conn;
}

/** Sends the body and gives the answer. */
async function endPut(conn: Deno.TcpConn): Promise<string> {
  using open = conn;
  await open.write(bytesOf("12"));
  const response = await readResponse(open);
  return `${response.status} ${"code" in response ? response.code : ""}`;
}

Deno.test("a slow writer loses to a fast one", () =>
  withServer(async ({ server, s3 }) => {
    const slow = await beginPut(server, { "If-None-Match": "*" });
    await s3.send(new PutObjectCommand({ ...at, Body: "fast", IfNoneMatch: "*" }));
    assertEquals(await endPut(slow), "412 PreconditionFailed");
    const get = await s3.send(new GetObjectCommand(at));
    assertEquals(await get.Body?.transformToString(), "fast");
  }));

Deno.test("a deletion during a create-only write is a conflict, during a replacement a 404", () =>
  withServer(async ({ server, s3 }) => {
    const create = await beginPut(server, { "If-None-Match": "*" });
    await s3.send(new PutObjectCommand({ ...at, Body: "in between" }));
    await s3.send(new DeleteObjectCommand(at));
    assertEquals(await endPut(create), "409 ConditionalRequestConflict");
    const { ETag = "" } = await s3.send(new PutObjectCommand({ ...at, Body: "old" }));
    const replace = await beginPut(server, { "If-Match": ETag });
    await s3.send(new DeleteObjectCommand(at));
    assertEquals(await endPut(replace), "404 NoSuchKey");
  }));

Deno.test("a deletion can demand an ETag", () =>
  withServer(async ({ s3 }) => {
    const remove = (IfMatch: string): Promise<unknown> =>
      s3.send(new DeleteObjectCommand({ ...at, IfMatch }));
    assertEquals(await errorOf(remove("*")), "404 NoSuchKey");
    const { ETag = "" } = await s3.send(new PutObjectCommand({ ...at, Body: "x" }));
    assertEquals(await errorOf(remove('"other"')), "412 PreconditionFailed");
    await remove(ETag);
    assertEquals(await errorOf(s3.send(new HeadObjectCommand(at))), "404 NotFound");
  }));

Deno.test("a copy obeys conditions on its source and on its target", () =>
  withServer(async ({ s3 }) => {
    const { ETag } = await s3.send(new PutObjectCommand({ ...at, Body: "x" }));
    const copy = (conditions: Record<string, unknown>): Promise<unknown> =>
      s3.send(
        new CopyObjectCommand({
          Bucket: BUCKET,
          Key: "copy",
          CopySource: `${BUCKET}/key`,
          ...conditions,
        }),
      );
    const failing = [
      { CopySourceIfMatch: '"other"' },
      { CopySourceIfNoneMatch: ETag },
      { CopySourceIfModifiedSince: new Date(Date.now() + 60_000) },
      { CopySourceIfUnmodifiedSince: new Date(0) },
    ];
    for (const conditions of failing) {
      assertEquals(await errorOf(copy(conditions)), "412 PreconditionFailed");
    }
    await copy({ CopySourceIfMatch: ETag, IfNoneMatch: "*" });
    assertEquals(await errorOf(copy({ IfNoneMatch: "*" })), "412 PreconditionFailed");
  }));

Deno.test("a deletion on a condition that the server does not know is not done", () =>
  withServer(async ({ server, s3 }) => {
    await s3.send(new PutObjectCommand({ ...at, Body: "kept" }));
    const conditions = {
      "if-none-match": '"other"',
      "if-unmodified-since": "Wed, 21 Oct 2015 07:28:00 GMT",
      "if-modified-since": "Wed, 21 Oct 2015 07:28:00 GMT",
      "x-amz-if-match-size": "5",
      "x-amz-if-match-last-modified-time": "Wed, 21 Oct 2015 07:28:00 GMT",
    };
    for (const [name, value] of Object.entries(conditions)) {
      const { status, code } = await sendSigned(server, {
        method: "DELETE",
        target,
        headers: { [name]: value },
      });
      assertEquals([name, status, code], [name, 501, "NotImplemented"]);
    }
    const listed = await s3.send(
      new DeleteObjectsCommand({
        Bucket: BUCKET,
        Delete: { Objects: [{ Key: at.Key, Size: 5 }] },
      }),
    );
    assertEquals(listed.Errors?.map(({ Code }) => Code), ["NotImplemented"]);
    assertEquals((await s3.send(new HeadObjectCommand(at))).ContentLength, 4);
  }));
