/** Copies of objects, and deletions of many. */
import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { assertEquals } from "../assert.ts";
import { sendSigned } from "./testing/raw_client.ts";
import { BUCKET, errorOf, withServer } from "./testing/with_server.ts";

const at = { Bucket: BUCKET, Key: "key" };

Deno.test("DeleteObjects deletes many, tells of each, and keeps quiet when asked", () =>
  withServer(async ({ server, s3 }) => {
    for (const Key of ["a", "b <&>", "c"]) {
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: "x" }));
    }
    const loud = await s3.send(
      new DeleteObjectsCommand({
        Bucket: BUCKET,
        Delete: { Objects: [{ Key: "b <&>" }, { Key: "never there" }] },
      }),
    );
    assertEquals(loud.Deleted?.map(({ Key }) => Key), ["b <&>", "never there"]);
    const quiet = await s3.send(
      new DeleteObjectsCommand({
        Bucket: BUCKET,
        Delete: { Objects: [{ Key: "a" }, { Key: "c", VersionId: "xyz" }], Quiet: true },
      }),
    );
    assertEquals(quiet.Deleted, undefined);
    assertEquals(quiet.Errors?.map(({ Key, Code }) => [Key, Code]), [["c", "NoSuchVersion"]]);
    const list = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    assertEquals(list.Contents?.map(({ Key }) => Key), ["c"]);
    const bare = { method: "POST", target: `/${BUCKET}?delete=` };
    const xml = "<Delete><Object><Key>c</Key></Object></Delete>";
    assertEquals((await sendSigned(server, { ...bare, body: xml })).code, "InvalidRequest");
  }));

Deno.test("DeleteObjects refuses more than 1,000 keys, none, and what is no XML", () =>
  withServer(async ({ server }) => {
    const object = "<Object><Key>c</Key></Object>";
    const bodies = [
      `<Delete>${object.repeat(1001)}</Delete>`,
      "<Delete></Delete>",
      "<Delete>",
      "nothing",
      "",
      `<!DOCTYPE x [<!ENTITY a "b">]><Delete>${object}</Delete>`,
      "<Delete><Object><Key></Key></Object></Delete>",
    ];
    for (const body of bodies) {
      const md5 = createHash("md5").update(body).digest("base64");
      const request = { method: "POST", target: `/${BUCKET}?delete=`, body };
      const { code } = await sendSigned(server, { ...request, unsigned: { "Content-MD5": md5 } });
      assertEquals(code, "MalformedXML");
    }
  }));

Deno.test("a copy takes the metadata along, or replaces it", () =>
  withServer(async ({ s3 }) => {
    const Key = "a b+c/\u00fc";
    await s3.send(
      new PutObjectCommand({
        Bucket: BUCKET,
        Key,
        Body: "content",
        Metadata: { m: "1" },
        ContentType: "text/plain",
      }),
    );
    const CopySource = `${BUCKET}/${encodeURIComponent(Key)}`;
    const copy = await s3.send(new CopyObjectCommand({ ...at, CopySource }));
    const head = await s3.send(new HeadObjectCommand(at));
    assertEquals(copy.CopyObjectResult?.ETag, head.ETag);
    assertEquals([head.Metadata, head.ContentType], [{ m: "1" }, "text/plain"]);
    await s3.send(
      new CopyObjectCommand({
        ...at,
        CopySource,
        MetadataDirective: "REPLACE",
        Metadata: { m: "2" },
      }),
    );
    const replaced = await s3.send(new GetObjectCommand(at));
    assertEquals(replaced.Metadata, { m: "2" });
    assertEquals(replaced.ContentType, "binary/octet-stream");
    assertEquals(await replaced.Body?.transformToString(), "content");
  }));

Deno.test("a copy onto itself needs a change; a missing source is named", () =>
  withServer(async ({ s3 }) => {
    await s3.send(new PutObjectCommand({ ...at, Body: "content" }));
    const copy = (CopySource: string, more = {}): Promise<unknown> =>
      s3.send(new CopyObjectCommand({ ...at, CopySource, ...more }));
    assertEquals(await errorOf(copy(`${BUCKET}/key`)), "400 InvalidRequest");
    await copy(`/${BUCKET}/key`, { MetadataDirective: "REPLACE", Metadata: { new: "1" } });
    assertEquals((await s3.send(new HeadObjectCommand(at))).Metadata, { new: "1" });
    assertEquals(await errorOf(copy(`${BUCKET}/none`)), "404 NoSuchKey");
    assertEquals(await errorOf(copy("no-bucket/none")), "404 NoSuchBucket");
    assertEquals(await errorOf(copy(BUCKET)), "400 InvalidArgument");
  }));
