/** Faults on demand. */
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { type Fault, type FaultRule, type S3Server } from "./server.ts";
import { sendRaw, sendSigned, signedRequest } from "./testing/raw_client.ts";
import { presign } from "./testing/signer.ts";
import { BUCKET, clientOf, errorOf, withServer } from "./testing/with_server.ts";

const target = `/${BUCKET}/key`;

const CONTENT = "0123456789";

async function putKey(server: S3Server, body = CONTENT): Promise<void> {
  assertEquals((await sendSigned(server, { method: "PUT", target, body })).status, 200);
}

/** GETs the key: status, body and how the connection ended. */
async function getKey(server: S3Server): Promise<string> {
  const response = await sendRaw(server, signedRequest(server, { target }));
  return `${response.status} ${"body" in response ? response.body : ""} ${response.end}`;
}

Deno.test("errors on demand: 500, 503, 403, and for their time only", () =>
  withServer(async ({ server, s3 }) => {
    await putKey(server);
    const table = [
      ["internal-error", "500 InternalError"],
      ["slow-down", "503 SlowDown"],
      ["access-denied", "403 AccessDenied"],
    ] as const;
    for (const [kind, error] of table) {
      server.addFault({ method: "GET", key: "key", count: 1, fault: { kind } });
      const get = new GetObjectCommand({ Bucket: BUCKET, Key: "key" });
      assertEquals(await errorOf(s3.send(get)), error);
      assertEquals(await (await s3.send(get)).Body?.transformToString(), CONTENT);
      assertEquals(server.log.at(-2)?.faults, [kind]);
      server.clearFaults();
    }
    // The SDK itself gets over two of them.
    server.addFault({ count: 2, fault: { kind: "slow-down" } });
    const patient = clientOf(server, { maxAttempts: 3 });
    const get = await patient.send(new GetObjectCommand({ Bucket: BUCKET, Key: "key" }));
    assertEquals(await get.Body?.transformToString(), CONTENT);
    patient.destroy();
  }));

Deno.test("rules match by method, operation, bucket, key, pattern and occurrence", () =>
  withServer(async ({ server }) => {
    const fault: Fault = { kind: "slow-down" };
    const rules: [rule: Omit<FaultRule, "fault">, fires: boolean[]][] = [
      [{}, [true, true, true]],
      [{ nth: 2 }, [false, true, false]],
      [{ count: 2 }, [true, true, false]],
      [{ method: "PUT" }, [false]],
      [{ operation: "GetObject" }, [true]],
      [{ operation: "HeadObject" }, [false]],
      [{ bucket: "other" }, [false]],
      [{ key: "key" }, [true]],
      [{ key: "ke" }, [false]],
      [{ key: /^k.y$/g }, [true, true]],
      [{ key: /^y/ }, [false]],
    ];
    for (const [rule, fires] of rules) {
      server.addFault({ ...rule, fault });
      for (const fire of fires) {
        const { status } = await sendSigned(server, { target });
        assertEquals({ rule, status }, { rule, status: fire ? 503 : 404 });
      }
      server.clearFaults();
    }
  }));

Deno.test("a reset ends the connection before anything is answered", () =>
  withServer(async ({ server }) => {
    await putKey(server);
    server.addFault({ fault: { kind: "reset" } });
    assertEquals(await getKey(server), "0  reset");
    const put = signedRequest(server, { method: "PUT", target, body: "new" });
    assertEquals((await sendRaw(server, put)).status, 0);
    server.clearFaults();
    assertEquals(await getKey(server), `200 ${CONTENT} complete`);
  }));

Deno.test("a reset or a clean end comes after so many bytes of the body", () =>
  withServer(async ({ server }) => {
    await putKey(server);
    for (const bytes of [0, 4, 9]) {
      server.addFault({ fault: { kind: "reset-after", bytes } });
      assertEquals(await getKey(server), `200 ${CONTENT.slice(0, bytes)} reset`);
      assertEquals([server.log.at(-1)?.sent, server.log.at(-1)?.status], [bytes, 200]);
      server.clearFaults();
      server.addFault({ fault: { kind: "cut-short", bytes } });
      assertEquals(await getKey(server), `200 ${CONTENT.slice(0, bytes)} closed`);
      server.clearFaults();
    }
    server.addFault({ fault: { kind: "reset-after", bytes: 11 } });
    assertEquals(await getKey(server), `200 ${CONTENT} complete`);
  }));

Deno.test("an upload that is reset after so many bytes stores nothing", () =>
  withServer(async ({ server, folder }) => {
    server.addFault({ method: "PUT", fault: { kind: "reset-after", bytes: 3_000_000 } });
    const request = signedRequest(server, { method: "PUT", target, body: "x".repeat(5_000_000) });
    assertEquals((await sendRaw(server, request)).status, 0);
    assertEquals((await sendSigned(server, { target })).status, 404);
    assertEquals([...Deno.readDirSync(`${folder}/${BUCKET}/tmp`)], []);
  }));

Deno.test("a stall lasts until the client gives up, or the faults are cleared", () =>
  withServer(async ({ server }) => {
    await putKey(server);
    server.addFault({ fault: { kind: "stall", bytes: 4 } });
    const stop = new AbortController();
    const { accessKeyId, secretAccessKey, region } = server;
    const url = server.url + presign(
      {
        method: "GET",
        target,
        headers: { host: `127.0.0.1:${server.port}` },
        expiresSeconds: 60,
      },
      { accessKeyId, secretAccessKey, region },
    );
    const response = await fetch(url, { signal: stop.signal });
    const reader = response.body?.getReader();
    assertEquals((await reader?.read())?.value?.length, 4);
    stop.abort();
    await assertRejects(() => reader?.read() ?? Promise.resolve(), DOMException);
    const stalled = getKey(server);
    while (server.log.length < 3 || server.log.at(-1)?.sent !== 4) await settled();
    server.clearFaults();
    assertEquals(await stalled, "200 0123 closed");
  }));

/** Lets the event loop go once around. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("a delay holds the answer back until it is over or cleared", () =>
  withServer(async ({ server }) => {
    server.addFault({ fault: { kind: "delay", milliseconds: 3_600_000 } });
    const answer = sendSigned(server, { target });
    while (server.log.length === 0) await settled();
    assertEquals(server.log[0]?.status, 0);
    server.clearFaults();
    assertEquals((await answer).status, 404);
    const started = performance.now();
    server.addFault({ fault: { kind: "delay", milliseconds: 50 } });
    await sendSigned(server, { target });
    assert(performance.now() - started >= 49);
  }));

Deno.test("a flipped bit changes one byte: on the way out, and on the way in", () =>
  withServer(async ({ server }) => {
    await putKey(server);
    server.addFault({ fault: { kind: "flip-bit", byte: 4 } });
    assertEquals(await getKey(server), "200 0123556789 complete");
    const put = await sendSigned(server, { method: "PUT", target, body: "new" });
    assertEquals(put.status, 200);
    const damaged = await sendSigned(server, { method: "PUT", target, body: CONTENT });
    assertEquals(damaged.code, "XAmzContentSHA256Mismatch");
  }));

Deno.test("the SDK notices a flipped bit by the checksum", () =>
  withServer(async ({ server, s3 }) => {
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "key", Body: CONTENT }));
    server.addFault({ method: "GET", fault: { kind: "flip-bit", byte: 4 } });
    const get = await s3.send(
      new GetObjectCommand({ Bucket: BUCKET, Key: "key", ChecksumMode: "ENABLED" }),
    );
    await assertRejects(() => get.Body?.transformToString() ?? Promise.resolve(), Error, "hecksum");
  }));

Deno.test("a stale listing shows the bucket before its last changes, and reads do not", () =>
  withServer(async ({ server, s3 }) => {
    const list = async (): Promise<string[]> =>
      (await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }))).Contents?.map(({ Key, Size }) =>
        `${Key} ${Size}`
      ) ?? [];
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "a", Body: "1" }));
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "a", Body: "22" }));
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "key", Body: "3" }));
    for (const [writes, names] of [[1, ["a 2"]], [2, ["a 1"]], [3, []], [99, []]] as const) {
      server.addFault({ fault: { kind: "stale-list", writes } });
      assertEquals(await list(), [...names]);
      assertEquals(await getKey(server), "200 3 complete");
      server.clearFaults();
    }
    assertEquals(await list(), ["a 2", "key 1"]);
  }));

Deno.test("faults given at the start are in force from the start", async () => {
  const rule: FaultRule = { nth: 1, fault: { kind: "internal-error" } };
  await withServer(async ({ server }) => {
    assertEquals((await sendSigned(server, { target })).status, 500);
    assertEquals((await sendSigned(server, { target })).status, 404);
  }, { faults: [rule] });
});
