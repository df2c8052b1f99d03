import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { assertEquals, assertStringIncludes } from "../assert.ts";
import { sendSigned } from "./testing/raw_client.ts";
import { BUCKET, errorOf, withServer } from "./testing/with_server.ts";

const at = { Bucket: BUCKET, Key: "key" };
const target = `/${BUCKET}/key`;

Deno.test("ranges of all forms give their bytes, or the whole, or 416", () =>
  withServer(async ({ server, s3 }) => {
    await s3.send(new PutObjectCommand({ ...at, Body: "0123456789" }));
    const table: [range: string, status: number, body: string, contentRange?: string][] = [
      ["bytes=0-0", 206, "0", "bytes 0-0/10"],
      ["bytes=2-5", 206, "2345", "bytes 2-5/10"],
      ["bytes=5-99", 206, "56789", "bytes 5-9/10"],
      ["bytes=7-", 206, "789", "bytes 7-9/10"],
      ["bytes=0-", 206, "0123456789", "bytes 0-9/10"],
      ["bytes=-3", 206, "789", "bytes 7-9/10"],
      ["bytes=-99", 206, "0123456789", "bytes 0-9/10"],
      ["bytes=10-", 416, "", "bytes */10"],
      ["bytes=99-100", 416, "", "bytes */10"],
      ["bytes=-0", 416, "", "bytes */10"],
      ["bytes=5-2", 200, "0123456789"],
      ["bytes=0-1,3-4", 200, "0123456789"],
      ["bytes=-", 200, "0123456789"],
      ["lines=1-2", 200, "0123456789"],
    ];
    for (const [range, status, body, contentRange] of table) {
      for (const method of ["GET", "HEAD"]) {
        const response = await sendSigned(server, { method, target, unsigned: { Range: range } });
        const asked = `${method} ${range}`;
        assertEquals(`${asked} ${response.status}`, `${asked} ${status}`);
        assertEquals(response.headers.get("content-range"), contentRange);
        if (status === 416) {
          if (method === "GET") assertEquals(response.code, "InvalidRange");
          continue;
        }
        assertEquals(response.body, method === "GET" ? body : "");
        assertEquals(response.headers.get("content-length"), String(body.length));
        assertEquals(response.headers.get("accept-ranges"), "bytes");
      }
    }
  }));

Deno.test("an empty object has no satisfiable range", () =>
  withServer(async ({ s3, server }) => {
    await s3.send(new PutObjectCommand({ ...at, Body: "" }));
    for (const Range of ["bytes=0-", "bytes=0-0", "bytes=-1"]) {
      assertEquals(
        await errorOf(s3.send(new GetObjectCommand({ ...at, Range }))),
        "416 InvalidRange",
      );
    }
    const error = await sendSigned(server, { target, unsigned: { Range: "bytes=0-" } });
    assertStringIncludes(error.body, "<ActualObjectSize>0</ActualObjectSize>");
    assertStringIncludes(error.body, "<RangeRequested>bytes=0-</RangeRequested>");
  }));

Deno.test("a range is bound to an ETag by If-Match and If-Range", () =>
  withServer(async ({ s3, server }) => {
    const { ETag = "" } = await s3.send(new PutObjectCommand({ ...at, Body: "0123456789" }));
    const get = new GetObjectCommand({ ...at, Range: "bytes=1-2", IfMatch: '"old"' });
    assertEquals(await errorOf(s3.send(get)), "412 PreconditionFailed");
    const range = { Range: "bytes=1-2" };
    const same = await sendSigned(server, { target, unsigned: { ...range, "If-Range": ETag } });
    assertEquals([same.status, same.body], [206, "12"]);
    const other = await sendSigned(server, { target, unsigned: { ...range, "If-Range": '"old"' } });
    assertEquals([other.status, other.body], [200, "0123456789"]);
  }));

Deno.test("the checksum of the whole object is not told with a part of it", () =>
  withServer(async ({ s3 }) => {
    await s3.send(new PutObjectCommand({ ...at, Body: "0123456789", ChecksumAlgorithm: "SHA256" }));
    const ChecksumMode = "ENABLED";
    const whole = await s3.send(new HeadObjectCommand({ ...at, ChecksumMode }));
    assertEquals(whole.ChecksumSHA256, "hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII=");
    const part = await s3.send(new GetObjectCommand({ ...at, ChecksumMode, Range: "bytes=1-2" }));
    assertEquals(part.ChecksumSHA256, undefined);
    assertEquals(await part.Body?.transformToString(), "12");
  }));
