/** The control calls: who can give faults and read the log over HTTP. */
import { assertEquals, assertRejects } from "../assert.ts";
import { type S3Server, startS3Server } from "./server.ts";
import { sendSigned } from "./testing/raw_client.ts";
import { BUCKET, withServer } from "./testing/with_server.ts";

const target = `/${BUCKET}/key`;

Deno.test("rules and log can be had over HTTP, where the server was started so", () =>
  withServer(async ({ server }) => {
    const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
      const json = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await fetch(`${server.url}/_ftl/${path}`, { method, ...json });
      const answer = await response.json();
      return response.ok ? answer : response.status;
    };
    const rule = { keyPattern: "^ke", nth: 2, fault: { kind: "slow-down" } };
    assertEquals(await call("POST", "faults", rule), {});
    assertEquals((await sendSigned(server, { target })).status, 404);
    assertEquals((await sendSigned(server, { target })).status, 503);
    const listed = { key: "/^ke/", nth: 2, fault: { kind: "slow-down" }, matches: 2 };
    assertEquals(await call("GET", "faults"), [listed]);
    for (const bad of [{ fault: { kind: "x" } }, { fault: { kind: "delay" } }, {}, "x", null]) {
      assertEquals(await call("POST", "faults", bad), 400);
    }
    assertEquals(await call("DELETE", "faults"), {});
    assertEquals((await sendSigned(server, { target })).status, 404);
    const log = await call("GET", "log") as { operation: string; faults: string[] }[];
    const gets = log.filter(({ operation }) => operation === "GetObject");
    assertEquals(gets.map(({ faults }) => faults), [[], ["slow-down"], []]);
    assertEquals(await call("DELETE", "log"), {});
    assertEquals(server.log.length, 0);
    assertEquals(await call("GET", "other"), 404);
  }, { control: true }));

Deno.test("by default there are no control calls, and no faults", () =>
  withServer(async ({ server }) => {
    const response = await fetch(`${server.url}/_ftl/faults`, { method: "POST", body: "{}" });
    assertEquals(response.status, 403);
    await response.body?.cancel();
  }));

Deno.test("a server that others could reach wants real credentials and no control calls", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "ftl-s3-" });
  const own = { accessKeyId: "own", secretAccessKey: "a secret of its own" };
  const refused = [
    {},
    { accessKeyId: "own" },
    { ...own, secretAccessKey: "short" },
    { ...own, secretAccessKey: "ftl-local-secret" },
    { ...own, control: true },
  ];
  try {
    for (const options of refused) {
      const start = (): Promise<S3Server> =>
        startS3Server({ folder, hostname: "0.0.0.0", ...options });
      await assertRejects(start, RangeError, "Cannot listen on 0.0.0.0");
    }
    await using server = await startS3Server({ folder, hostname: "0.0.0.0", ...own });
    assertEquals((await sendSigned(server, { target: "/" })).status, 200);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
