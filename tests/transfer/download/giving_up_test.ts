/** When a download ends early: nobody reads on, or going on is of no use. */
import { StorageError } from "../../../src/errors.ts";
import { openDownload } from "../../../src/transfer/download/download.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../../assert.ts";
import { type Fault } from "../../s3_server/server.ts";
import { until } from "../../until.ts";
import { download, KEY, RANGE, readAll, test } from "./served_object.ts";

test(
  "gives a server up that only stalls, after six times the patience for one",
  1000,
  async (given) => {
    given.server.addFault({ method: "GET", fault: { kind: "stall", bytes: 0 } });
    const stallTimeout = 60;
    const started = performance.now();
    const error = await assertRejects(() => download(given, { stallTimeout }), StorageError);
    assertStringIncludes(error.message, `s3://deploys/${KEY}`);
    assertStringIncludes(error.message, "the connection stalled");
    assert(given.server.log.length <= 6, `${given.server.log.length} requests`);
    assert(performance.now() - started >= 5 * stallTimeout);
  },
);

test("gives a server up that refuses at once, after eight tries", 1000, async (given) => {
  given.server.addFault({ method: "GET", fault: { kind: "slow-down" } });
  await assertRejects(() => download(given), StorageError, "SlowDown");
  assertEquals(given.server.log.length, 8);
});

test("gives a server up that is not there", 1000, async (given) => {
  await given.server.close();
  await assertRejects(() => download(given), StorageError, "connection refused");
});

test("takes a drip for a stall", 2 * RANGE, async (given) => {
  given.server.addFault({ method: "GET", fault: { kind: "stall", bytes: 100 } });
  await assertRejects(() => download(given, { stallTimeout: 60 }), StorageError, "in ");
  assert(given.server.log.length <= 20);
});

for (const [when, bytes] of [["before an answer", -1], ["in the middle of a body", 10]] as const) {
  test(`ends at once on abort, ${when}`, 9 * RANGE, async (given) => {
    const { server, bucket, options } = given;
    const fault: Fault = bytes < 0
      ? { kind: "delay", milliseconds: 3_600_000 }
      : { kind: "stall", bytes };
    server.addFault({ method: "GET", fault });
    const controller = new AbortController();
    const reason = new Error("enough");
    let arrived = 0;
    const reading = assertRejects(async () => {
      await using opened = await openDownload(bucket, KEY, {
        ...options,
        signal: controller.signal,
        onProgress: (count) => arrived = count,
      });
      await readAll(opened.body);
    }, Error);
    await until(
      () => bytes < 0 ? server.log.length === 1 : arrived === 3 * bytes,
      "what was sent before",
    );
    controller.abort(reason);
    assertEquals(await reading, reason);
  });
}

test("ends what is under way when its reader leaves", 9 * RANGE, async (given) => {
  const { server, bucket, options } = given;
  server.addFault({ method: "GET", nth: 3, fault: { kind: "stall", bytes: 10 } });
  await using opened = await openDownload(bucket, KEY, options);
  for await (const chunk of opened.body) {
    assertEquals(chunk, given.bytes.subarray(0, chunk.length));
    await until(() => server.log.length === 3, "the third request");
    break;
  }
  assertEquals(server.log.length, 3);
});

test("ends what is under way when it is disposed of unread", 9 * RANGE, async (given) => {
  given.server.addFault({ method: "GET", nth: 1, fault: { kind: "stall", bytes: 10 } });
  await using _opened = await openDownload(given.bucket, KEY, given.options);
});
