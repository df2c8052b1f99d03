import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { bytesOf, readResponse, sendRaw, sendSigned, signedRequest } from "./testing/raw_client.ts";
import { BUCKET, withServer } from "./testing/with_server.ts";

const target = `/${BUCKET}/key`;

/** Reads until what has come has this in it. */
async function readUntil(conn: Deno.Conn, wanted: string | RegExp): Promise<string> {
  const buffer = new Uint8Array(4096);
  let received = "";
  while (received.search(wanted) === -1) {
    const count = await conn.read(buffer);
    if (count === null) throw new Error(`the connection ended after ${received}`);
    received += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return received;
}

Deno.test("one connection serves many requests, also such that come at once", () =>
  withServer(async ({ server }) => {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    const put = signedRequest(server, { method: "PUT", target, body: "content" });
    const get = signedRequest(server, { target });
    for (let times = 0; times < 3; times++) {
      await conn.write(put);
      assertEquals((await readResponse(conn)).status, 200);
      await conn.write(get);
      const response = await readResponse(conn);
      assertEquals("body" in response && response.body, "content");
    }
    // Both in one segment: the answers come one after the other.
    const head = signedRequest(server, { method: "HEAD", target });
    await conn.write(new Uint8Array([...put, ...head]));
    await readUntil(conn, /HTTP\/1.1 200[^]*HTTP\/1.1 200[^]*\r\n\r\n$/);
    assertEquals(server.log.length, 8);
  }));

Deno.test("a connection survives a refused body that is small, and closes before a large one", () =>
  withServer(async ({ server }) => {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    const refused = { method: "PUT", target: "/no-bucket/key" };
    await conn.write(signedRequest(server, { ...refused, body: "x".repeat(100_000) }));
    assertEquals((await readResponse(conn)).status, 404);
    await conn.write(signedRequest(server, { target: "/" }));
    assertEquals((await readResponse(conn)).status, 200);
    const large = signedRequest(server, { ...refused, body: "x".repeat(8_000_000) });
    const response = await sendRaw(server, large);
    assert("headers" in response);
    assertEquals([response.status, response.headers.get("connection")], [404, "close"]);
  }));

Deno.test("Expect: 100-continue is answered when the body is wanted, and not before a refusal", () =>
  withServer(async ({ server }) => {
    for (const [to, status] of [[target, 100], ["/no-bucket/key", 404]] as const) {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      const request = signedRequest(server, {
        method: "PUT",
        target: to,
        body: "content",
        unsigned: { Expect: "100-continue" },
      });
      await conn.write(request.subarray(0, -7));
      assertEquals((await readResponse(conn)).status, status);
      if (status === 100) {
        await conn.write(bytesOf("content"));
        assertEquals((await readResponse(conn)).status, 200);
      }
    }
  }));

Deno.test("whoever expects a 100 gets one for an empty body too, or the end of the connection", () =>
  withServer(async ({ server }) => {
    const unsigned = { Expect: "100-continue" };
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await conn.write(signedRequest(server, { method: "PUT", target, unsigned }));
    const received = await readUntil(conn, "HTTP/1.1 200");
    assert(received.startsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
    const refused = await sendSigned(server, { method: "PUT", target: "/no-bucket/key", unsigned });
    assertEquals([refused.status, refused.headers.get("connection")], [404, "close"]);
  }));

Deno.test("an upload into a bucket that is deleted meanwhile is NoSuchBucket", () =>
  withServer(async ({ server }) => {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    const unsigned = { Expect: "100-continue" };
    const put = signedRequest(server, { method: "PUT", target, body: "x", unsigned });
    await conn.write(put.subarray(0, -1));
    assertEquals((await readResponse(conn)).status, 100);
    await sendSigned(server, { method: "DELETE", target: `/${BUCKET}` });
    await conn.write(bytesOf("x"));
    const response = await readResponse(conn);
    assertEquals("code" in response && response.code, "NoSuchBucket");
  }));

Deno.test("what is no HTTP is a 400 and the end of the connection", () =>
  withServer(async ({ server }) => {
    const nonsense = [
      "nonsense\r\n\r\n",
      "GET /\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\n folded: x\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
      `GET /${"x".repeat(70_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: x\r\n${"x: y\r\n".repeat(20_000)}\r\n`,
    ];
    for (const request of nonsense) {
      const response = await sendRaw(server, request);
      assertEquals([request.slice(0, 60), response.status], [request.slice(0, 60), 400]);
      assert("headers" in response && response.headers.get("connection") === "close");
    }
    assertEquals((await sendSigned(server, { target: "/" })).status, 200);
  }));

Deno.test("every answer has an id, a date and its length", () =>
  withServer(async ({ server }) => {
    await sendSigned(server, { method: "PUT", target, body: "12345" });
    const ids = new Set<string | undefined>();
    for (
      const [method, to] of [["GET", target], ["HEAD", target], ["GET", "/?x"], ["DELETE", target]]
    ) {
      const { headers } = await sendSigned(server, { method, target: to } as { target: string });
      ids.add(headers.get("x-amz-request-id"));
      assert(!Number.isNaN(Date.parse(headers.get("date") ?? "")));
      assertEquals(headers.get("content-length") === undefined, method === "DELETE");
    }
    assertEquals(ids.size, 4);
  }));

Deno.test("the log tells of every request: operation, bucket, key, range, status and bytes", () =>
  withServer(async ({ server }) => {
    await sendSigned(server, { method: "PUT", target, body: "0123456789" });
    await sendSigned(server, { target, unsigned: { Range: "bytes=2-5" } });
    await sendSigned(server, { target: `/${BUCKET}?list-type=2` });
    await sendSigned(server, { target: "/no-bucket/a%20b" });
    const [put, get, list, missing] = server.log;
    assertEquals(
      [put?.method, put?.operation, put?.bucket, put?.key, put?.status, put?.received, put?.sent],
      ["PUT", "PutObject", BUCKET, "key", 200, 10, 0],
    );
    assertEquals(
      [get?.operation, get?.range, get?.status, get?.received, get?.sent],
      ["GetObject", "bytes=2-5", 206, 0, 4],
    );
    assertEquals([list?.operation, list?.key], ["ListObjectsV2", undefined]);
    assertEquals(
      [missing?.key, missing?.status, missing?.code],
      ["a b", 404, "NoSuchBucket"],
    );
    server.clearLog();
    assertEquals(server.log.length, 0);
  }));

Deno.test("HTTP/1.0 and Connection: close end the connection after the answer", () =>
  withServer(async ({ server }) => {
    for (const version of ["1.0", "1.1"]) {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      await conn.write(bytesOf(`GET / HTTP/${version}\r\nHost: x\r\nConnection: close\r\n\r\n`));
      const response = await readResponse(conn);
      assertEquals(response.status, 403);
      assertEquals(await conn.read(new Uint8Array(1)), null);
    }
  }));

Deno.test("closing the server ends idle and busy connections, and its port is free again", () =>
  withServer(async ({ server }) => {
    using idle = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    server.addFault({ fault: { kind: "stall", bytes: 2 } });
    using busy = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await busy.write(signedRequest(server, { target: "/" }));
    const answer = readResponse(busy);
    await busy.read(new Uint8Array(0));
    await server.close();
    assertEquals((await answer).end !== "complete", true);
    assertEquals(await idle.read(new Uint8Array(1)).catch(() => null), null);
    Deno.listen({ hostname: "127.0.0.1", port: server.port }).close();
  }));

Deno.test("errors in XML are escaped", () =>
  withServer(async ({ server }) => {
    const { body } = await sendSigned(server, { target: `/${BUCKET}/%3Ca%26b%3E%22` });
    assertStringIncludes(body, "<Key>&lt;a&amp;b&gt;&quot;</Key>");
  }));
