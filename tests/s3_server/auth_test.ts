/** Signatures of requests, in their headers. */
import { ListObjectsV2Command, type S3ClientConfig } from "@aws-sdk/client-s3";
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { authorize } from "./auth/sigv4.ts";
import { Query } from "./query.ts";
import { sendRaw, sendSigned, signedRequest } from "./testing/raw_client.ts";
import { BUCKET, clientOf, errorOf, withServer } from "./testing/with_server.ts";

const target = `/${BUCKET}/key`;

const MINUTE = 60_000;

/** The credentials, time and answers of the examples in AWS's documentation. */
const EXAMPLE = {
  credentials: {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    region: "us-east-1",
  },
  now: Date.parse("2013-05-24T00:00:00Z"),
};

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
Deno.test("authorize() agrees with the examples in AWS's documentation", () => {
  const common = {
    host: "examplebucket.s3.amazonaws.com",
    "x-amz-date": "20130524T000000Z",
    "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  };
  const examples: [
    method: string,
    target: string,
    headers: Record<string, string>,
    signature: string,
  ][] = [
    [
      "GET",
      "/test.txt",
      { ...common, range: "bytes=0-9" },
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ],
    ["PUT", "/test$file.text", {
      ...common,
      date: "Fri, 24 May 2013 00:00:00 GMT",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
      "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
    }, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"],
    [
      "GET",
      "/?lifecycle",
      common,
      "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ],
    [
      "GET",
      "/?max-keys=2&prefix=J",
      common,
      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ],
  ];
  for (const [method, exampleTarget, headers, signature] of examples) {
    const [path = "", query = ""] = exampleTarget.split("?");
    const authorization = "AWS4-HMAC-SHA256 " +
      "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request," +
      `SignedHeaders=${Object.keys(headers).sort().join(";")},Signature=${signature}`;
    const request = {
      method,
      path,
      query: new Query(query),
      headers: new Map(Object.entries({ ...headers, authorization })),
    };
    assertEquals(authorize(request, EXAMPLE).signature, signature);
  }
});

Deno.test("a request with another secret, key id, region or service is refused", () =>
  withServer(async ({ server }) => {
    const table: [signing: object, answer: string][] = [
      [{ secretAccessKey: "wrong" }, "403 SignatureDoesNotMatch"],
      [{ accessKeyId: "nobody" }, "403 InvalidAccessKeyId"],
      [{ region: "eu-central-1" }, "400 AuthorizationHeaderMalformed"],
      [{ service: "ec2" }, "400 AuthorizationHeaderMalformed"],
      [{ date: new Date(Date.now() - 14 * MINUTE) }, "404 NoSuchKey"],
      [{ date: new Date(Date.now() + 14 * MINUTE) }, "404 NoSuchKey"],
      [{ date: new Date(Date.now() - 16 * MINUTE) }, "403 RequestTimeTooSkewed"],
      [{ date: new Date(Date.now() + 16 * MINUTE) }, "403 RequestTimeTooSkewed"],
    ];
    for (const [signing, answer] of table) {
      const { status, code } = await sendSigned(server, { target, signing });
      assertEquals({ signing, answer: `${status} ${code}` }, { signing, answer });
    }
    const region = await sendSigned(server, { target, signing: { region: "eu-central-1" } });
    assertStringIncludes(region.body, "<Region>us-east-1</Region>");
    assertEquals(region.headers.get("x-amz-bucket-region"), "us-east-1");
    const skewed = await sendSigned(server, { target, signing: { date: new Date(0) } });
    assertStringIncludes(skewed.body, "<MaxAllowedSkewMilliseconds>900000<");
  }));

Deno.test("the SDK sees the same", () =>
  withServer(async ({ server }) => {
    const failing: [config: S3ClientConfig, error: string][] = [
      [
        { credentials: { accessKeyId: server.accessKeyId, secretAccessKey: "x" } },
        "403 SignatureDoesNotMatch",
      ],
      [{ credentials: { accessKeyId: "x", secretAccessKey: "x" } }, "403 InvalidAccessKeyId"],
      [{ region: "eu-west-3" }, "400 AuthorizationHeaderMalformed"],
    ];
    for (const [config, error] of failing) {
      const s3 = clientOf(server, config);
      const list = s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
      assertEquals(await errorOf(list), error);
      s3.destroy();
    }
  }));

Deno.test("what was signed cannot be changed: method, path, query, headers, body", () =>
  withServer(async ({ server }) => {
    const text = (request: Uint8Array): string => new TextDecoder("latin1").decode(request);
    const put = text(
      signedRequest(server, {
        method: "PUT",
        target: `${target}?x-id=PutObject`,
        headers: { "x-amz-meta-a": "1" },
        body: "body",
      }),
    );
    const changed = [
      put.replace("PUT ", "DELETE "),
      put.replace("/key?", "/other?"),
      put.replace("x-id=PutObject", "x-id=GetObject"),
      put.replace("x-amz-meta-a: 1", "x-amz-meta-a: 2"),
      put.replace(/x-amz-content-sha256: \w+/, "x-amz-content-sha256: UNSIGNED-PAYLOAD"),
      put.replace(/Signature=./, "Signature=x"),
    ];
    for (const request of changed) {
      const response = await sendRaw(server, request);
      assert("code" in response);
      assertEquals([response.status, response.code], [403, "SignatureDoesNotMatch"]);
    }
    const added = await sendRaw(server, put.replace("\r\n", "\r\nx-amz-meta-b: 1\r\n"));
    assert("code" in added);
    assertEquals(added.code, "AccessDenied");
    assertStringIncludes(added.body, "<HeadersNotSigned>x-amz-meta-b</HeadersNotSigned>");
    const body = await sendRaw(server, put.replace(/body$/, "b0dy"));
    assert("code" in body);
    assertEquals([body.status, body.code], [400, "XAmzContentSHA256Mismatch"]);
    assertEquals((await sendSigned(server, { target })).status, 404);
    assertEquals((await sendRaw(server, put)).status, 200);
  }));

Deno.test("requests without a usable signature are refused, each with its code", () =>
  withServer(async ({ server }) => {
    const sha = "x-amz-content-sha256: UNSIGNED-PAYLOAD";
    const good =
      `AWS4-HMAC-SHA256 Credential=${server.accessKeyId}/20261122/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00`;
    const table: [headers: string[], answer: string][] = [
      [[], "403 AccessDenied"],
      [["Authorization: Basic YTpi"], "400 InvalidArgument"],
      [["Authorization: AWS ftl-local:c2lnbmF0dXJl"], "400 InvalidRequest"],
      [["Authorization: AWS4-HMAC-SHA256 nothing"], "400 AuthorizationHeaderMalformed"],
      [
        ["Authorization: AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0"],
        "400 AuthorizationHeaderMalformed",
      ],
      [[`Authorization: ${good}`, sha], "403 AccessDenied"],
      [[`Authorization: ${good}`, "x-amz-date: yesterday", sha], "403 AccessDenied"],
    ];
    for (const [headers, answer] of table) {
      const request = `GET ${target} HTTP/1.1\r\nHost: x\r\n${
        headers.map((h) => `${h}\r\n`).join("")
      }\r\n`;
      const response = await sendRaw(server, request);
      assert("code" in response);
      assertEquals({ headers, answer: `${response.status} ${response.code}` }, { headers, answer });
    }
    const noHash = await sendSigned(server, {
      target,
      headers: { "x-amz-content-sha256": "nonsense" },
    });
    assertEquals(noHash.code, "InvalidArgument");
  }));

Deno.test("a session token is demanded where the server has one, refused where it has none", () =>
  withServer(async ({ server, s3 }) => {
    assertEquals(
      await errorOf(s3.send(new ListObjectsV2Command({ Bucket: BUCKET }))),
      "400 InvalidToken",
    );
    const headers = { "x-amz-security-token": "the token" };
    assertEquals((await sendSigned(server, { target, headers })).code, "NoSuchKey");
    assertEquals(server.env(BUCKET)["AWS_SESSION_TOKEN"], "the token");
    await withServer(async ({ server }) => {
      assertEquals((await sendSigned(server, { target, headers })).code, "InvalidToken");
    });
  }, { sessionToken: "the token" }));
