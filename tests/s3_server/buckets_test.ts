/** Buckets: made, listed, removed, asked about. One test is long because it lists all that is not there. */
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { assertEquals, assertStringIncludes } from "../assert.ts";
import { startS3Server } from "./server.ts";
import { sendSigned } from "./testing/raw_client.ts";
import { BUCKET, clientOf, errorOf, withServer } from "./testing/with_server.ts";

Deno.test("a bucket is created, found, listed, located and deleted", () =>
  withServer(async ({ s3 }) => {
    const Bucket = "another-bucket";
    assertEquals(await errorOf(s3.send(new HeadBucketCommand({ Bucket }))), "404 NotFound");
    assertEquals((await s3.send(new CreateBucketCommand({ Bucket }))).Location, `/${Bucket}`);
    const head = await s3.send(new HeadBucketCommand({ Bucket }));
    assertEquals(head.BucketRegion, "us-east-1");
    const names = (await s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name);
    assertEquals(names, [Bucket, BUCKET]);
    const location = await s3.send(new GetBucketLocationCommand({ Bucket }));
    assertEquals(location.LocationConstraint, undefined);
    await s3.send(new DeleteBucketCommand({ Bucket }));
    assertEquals(await errorOf(s3.send(new HeadBucketCommand({ Bucket }))), "404 NotFound");
  }));

Deno.test("a bucket that is not empty is not deleted, uploads under way do not count", () =>
  withServer(async ({ s3 }) => {
    const at = { Bucket: BUCKET, Key: "a" };
    await s3.send(new PutObjectCommand({ ...at, Body: "x" }));
    assertEquals(
      await errorOf(s3.send(new DeleteBucketCommand({ Bucket: BUCKET }))),
      "409 BucketNotEmpty",
    );
    await s3.send(new DeleteObjectCommand(at));
    await s3.send(new CreateMultipartUploadCommand(at));
    await s3.send(new DeleteBucketCommand({ Bucket: BUCKET }));
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    assertEquals(await errorOf(s3.send(new HeadObjectCommand(at))), "404 NotFound");
  }));

Deno.test("every operation on a bucket that is not there is NoSuchBucket", () =>
  withServer(async ({ server }) => {
    const requests = [
      ["GET", "/nope"],
      ["GET", "/nope?list-type=2"],
      ["GET", "/nope?location="],
      ["GET", "/nope?uploads="],
      ["DELETE", "/nope"],
      ["POST", "/nope?delete="],
      ["GET", "/nope/key"],
      ["PUT", "/nope/key"],
      ["DELETE", "/nope/key"],
      ["POST", "/nope/key?uploads="],
      ["PUT", "/nope/key?partNumber=1&uploadId=x"],
      ["POST", "/nope/key?uploadId=x"],
      ["DELETE", "/nope/key?uploadId=x"],
      ["GET", "/nope/key?uploadId=x"],
    ] as const;
    for (const [method, target] of requests) {
      const { status, code } = await sendSigned(server, { method, target });
      assertEquals(`${method} ${target} ${status} ${code}`, `${method} ${target} 404 NoSuchBucket`);
    }
  }));

Deno.test("names that can be no bucket are refused", () =>
  withServer(async ({ server }) => {
    for (
      const name of ["ab", "Upper", "under_score", "a..b", "-ab", "192.168.0.1", "a".repeat(64)]
    ) {
      const { code } = await sendSigned(server, { method: "PUT", target: `/${name}` });
      assertEquals(`${name} ${code}`, `${name} InvalidBucketName`);
    }
  }));

Deno.test("outside of us-east-1 the location is demanded, told, and a second creation refused", () =>
  withServer(async ({ server, s3 }) => {
    const Bucket = "in-frankfurt";
    const create = new CreateBucketCommand({
      Bucket,
      CreateBucketConfiguration: { LocationConstraint: "eu-central-1" },
    });
    await s3.send(create);
    assertEquals(await errorOf(s3.send(create)), "409 BucketAlreadyOwnedByYou");
    const location = await s3.send(new GetBucketLocationCommand({ Bucket }));
    assertEquals(location.LocationConstraint, "eu-central-1");
    const elsewhere = new CreateBucketCommand({
      Bucket: "elsewhere",
      CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
    });
    assertEquals(await errorOf(s3.send(elsewhere)), "400 IllegalLocationConstraintException");
    const malformed = await sendSigned(server, { method: "PUT", target: "/b-b", body: "<Create" });
    assertEquals(malformed.code, "MalformedXML");
  }, { region: "eu-central-1" }));

Deno.test("everything that S3 has and this server has not is a NotImplemented in XML", () =>
  withServer(async ({ server }) => {
    const subresources = [
      "acl",
      "cors",
      "policy",
      "tagging",
      "versioning",
      "versions",
      "lifecycle",
      "website",
      "replication",
      "encryption",
      "notification",
      "object-lock",
      "requestPayment",
      "logging",
      "publicAccessBlock",
      "ownershipControls",
      "something-unknown",
    ]; // deno-fmt-ignore-line
    for (const subresource of subresources) {
      for (const method of ["GET", "PUT", "DELETE"]) {
        const target = `/${BUCKET}?${subresource}=`;
        const { status, code, headers } = await sendSigned(server, { method, target });
        assertEquals(`${method} ${target} ${status} ${code}`, `${method} ${target} 501 NotImplemented`);
        assertEquals(headers.get("content-type"), "application/xml");
      }
    }
    for (
      const query of ["acl=", "tagging=", "torrent=", "attributes=", "retention=", "legal-hold="]
    ) {
      const { code } = await sendSigned(server, { target: `/${BUCKET}/key?${query}` });
      assertEquals(`${query} ${code}`, `${query} NotImplemented`);
    }
    const post = [
      `/${BUCKET}`,
      `/${BUCKET}/key`,
      `/${BUCKET}/key?restore=`,
      `/${BUCKET}/key?select=&select-type=2`,
    ];
    for (const target of post) {
      const { code } = await sendSigned(server, { method: "POST", target, body: "x" });
      assertEquals(`${target} ${code}`, `${target} NotImplemented`);
    }
    const headers = [
      "x-amz-tagging",
      "x-amz-grant-read",
      "x-amz-server-side-encryption",
      "x-amz-expected-bucket-owner",
      "x-amz-source-expected-bucket-owner",
    ]; // deno-fmt-ignore-line
    for (const header of headers) {
      const request = { method: "PUT", target: `/${BUCKET}/key`, headers: { [header]: "aws:kms" } };
      assertEquals((await sendSigned(server, request)).code, "NotImplemented");
    }
    assertEquals((await sendSigned(server, { target: `/${BUCKET}/key` })).code, "NoSuchKey");
  }));

Deno.test("methods that S3 has nowhere are MethodNotAllowed", () =>
  withServer(async ({ server }) => {
    for (const [method, target] of [["PATCH", `/${BUCKET}/key`], ["PUT", "/"], ["DELETE", "/"]]) {
      const response = await sendSigned(server, { method, target } as { target: string });
      assertEquals(`${response.status} ${response.code}`, "405 MethodNotAllowed");
    }
  }));

Deno.test("ListBuckets pages and filters", () =>
  withServer(async ({ s3 }) => {
    const first = await s3.send(new ListBucketsCommand({ MaxBuckets: 2, Prefix: "b-" }));
    assertEquals(first.Buckets?.map(({ Name }) => Name), ["b-1", "b-2"]);
    const second = await s3.send(
      new ListBucketsCommand({ Prefix: "b-", ContinuationToken: first.ContinuationToken }),
    );
    assertEquals(second.Buckets?.map(({ Name }) => Name), ["b-3"]);
    assertEquals(second.ContinuationToken, undefined);
  }, { buckets: ["b-3", "b-1", "b-2", "c-1"] }));

Deno.test("buckets, objects, metadata and uploads outlast the server", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "ftl-s3-" });
  try {
    const at = { Bucket: BUCKET, Key: "deep/er \u00fc" };
    await withServer(async ({ s3 }) => {
      await s3.send(new PutObjectCommand({ ...at, Body: "kept", Metadata: { a: "b" } }));
      await s3.send(new CreateMultipartUploadCommand({ ...at, Key: "upload" }));
    }, { folder });
    await using server = await startS3Server({ folder });
    const s3 = clientOf(server);
    const head = await s3.send(new HeadObjectCommand(at));
    assertEquals([head.ContentLength, head.Metadata], [4, { a: "b" }]);
    const uploads = await sendSigned(server, { target: `/${BUCKET}?uploads=` });
    assertStringIncludes(uploads.body, "<Key>upload</Key>");
    s3.destroy();
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
