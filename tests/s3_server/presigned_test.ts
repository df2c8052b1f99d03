/** Presigned URLs. */
import { HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { assertEquals } from "../assert.ts";
import { presign } from "./testing/signer.ts";
import { BUCKET, withServer } from "./testing/with_server.ts";

const target = `/${BUCKET}/key`;

const MINUTE = 60_000;

Deno.test("a presigned URL is good for its time, its method and its target", () =>
  withServer(async ({ server, s3 }) => {
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "key", Body: "content" }));
    const { accessKeyId, secretAccessKey, region } = server;
    const headers = { host: `127.0.0.1:${server.port}` };
    const get = async (
      { method = "GET", date = new Date(), expiresSeconds = 60, change = (url: string) => url },
    ): Promise<string> => {
      const signed = { method: "GET", target, headers, expiresSeconds };
      const url = presign(signed, { accessKeyId, secretAccessKey, region, date });
      const response = await fetch(server.url + change(url), { method });
      const body = await response.text();
      return `${response.status} ${/<Code>(.*?)</.exec(body)?.[1] ?? body}`;
    };
    const at = (minutes: number): Date => new Date(Date.now() + minutes * MINUTE);
    assertEquals(await get({}), "200 content");
    assertEquals(await get({ date: at(-30), expiresSeconds: 3600 }), "200 content");
    assertEquals(await get({ date: at(-30), expiresSeconds: 600 }), "403 AccessDenied");
    assertEquals(await get({ date: at(30) }), "403 AccessDenied");
    assertEquals(await get({ method: "DELETE" }), "403 SignatureDoesNotMatch");
    assertEquals(
      await get({ change: (url) => url.replace("/key", "/other") }),
      "403 SignatureDoesNotMatch",
    );
    assertEquals(
      await get({ change: (url) => `${url}&response-content-type=x` }),
      "403 SignatureDoesNotMatch",
    );
    assertEquals(
      await get({ change: (url) => url.replace("Expires=60", "Expires=6000") }),
      "403 SignatureDoesNotMatch",
    );
    assertEquals(await get({ expiresSeconds: 604_801 }), "400 AuthorizationQueryParametersError");
    assertEquals(await get({ expiresSeconds: -1 }), "400 AuthorizationQueryParametersError");
    assertEquals(
      await get({ change: (url) => url.replace(/&X-Amz-Signature=.*/, "") }),
      "400 AuthorizationQueryParametersError",
    );
  }));

Deno.test("a presigned PUT stores what is sent to it", () =>
  withServer(async ({ server, s3 }) => {
    const { accessKeyId, secretAccessKey, region } = server;
    const headers = { host: `127.0.0.1:${server.port}`, "x-amz-meta-a": "1" };
    const signed = { method: "PUT", target, headers, expiresSeconds: 60 };
    const url = server.url + presign(signed, { accessKeyId, secretAccessKey, region });
    const bare = await fetch(url, { method: "PUT", body: "by link" });
    assertEquals([bare.status, await bare.text().then((t) => /<Code>(.*?)</.exec(t)?.[1])], [
      403,
      "SignatureDoesNotMatch",
    ]);
    const put = await fetch(url, {
      method: "PUT",
      body: "by link",
      headers: { "x-amz-meta-a": "1" },
    });
    assertEquals([put.status, await put.text()], [200, ""]);
    const head = await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: "key" }));
    assertEquals(head.Metadata, { a: "1" });
  }));
