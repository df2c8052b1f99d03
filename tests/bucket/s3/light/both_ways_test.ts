/**
 * Whatever a store answers, a read gives the same with and without the SDK's first try: the same result,
 * or the same error, after as many requests.
 */
import { assert, assertEquals } from "../../../assert.ts";
import type { Bucket } from "../../../../src/bucket/bucket.ts";
import { FtlError } from "../../../../src/errors.ts";
import { openS3Bucket } from "../../../../src/bucket/s3/s3_bucket.ts";
import { StandIn } from "../../aws/aws_services.ts";
import {
  failing,
  FAILURES,
  listing,
  LISTINGS,
  OBJECTS,
  OBJECTS_WITHOUT_BODY,
  RETRIED,
  type Store,
  WHOLE,
} from "./stores.ts";

const CALLS = {
  list: (bucket: Bucket) => bucket.list("a."),
  head: (bucket: Bucket) => bucket.head("a.rev"),
  getSmall: (bucket: Bucket) => bucket.getSmall("a.rev"),
  getBytes: (bucket: Bucket) =>
    bucket.getBytes("a.rev", { limit: 10_000, signal: new AbortController().signal }),
  read: async (bucket: Bucket) => {
    const { body, ...facts } = await bucket.read("a.rev", {
      etag: '"x"',
      range: { start: 0, end: 3 },
    });
    return { ...facts, text: await new Response(body).text() };
  },
};
type Call = keyof typeof CALLS;
const OF_OBJECTS: readonly Call[] = ["head", "getSmall", "getBytes", "read"];
const ALL: readonly Call[] = ["list", ...OF_OBJECTS];

function settingsFor({ url }: StandIn): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: url,
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_REGION: "us-east-1",
    HOME: "/nonexistent",
  };
}

/** What comes of a call: its result or its error, as far as users and code see it. */
async function outcomeOf(
  store: Store,
  call: Call,
  settings: Record<string, string>,
): Promise<unknown> {
  let requests = 0;
  await using server = new StandIn((request) => store(request, requests++));
  const bucket = openS3Bucket("deploys", { ...settingsFor(server), ...settings });
  try {
    const result = await CALLS[call](bucket);
    return { requests, result };
  } catch (error) {
    assert(error instanceof FtlError, `${error}`);
    const { name, message, hint, ...fields } = error;
    const shown = { name, message, hint, ...fields, cause: undefined };
    const text = JSON.stringify(shown).replaceAll(server.url, "URL");
    return { requests, error: JSON.parse(text) };
  }
}

async function assertSame(
  cases: readonly (readonly [string, Store])[],
  calls: readonly Call[],
): Promise<void> {
  const compared = cases.flatMap(([name, store]) =>
    calls.map(async (call) => {
      const light = await outcomeOf(store, call, {});
      const sdk = await outcomeOf(store, call, { AWS_SDK_UA_APP_ID: "tests" });
      assertEquals([name, call, light], [name, call, sdk]);
    })
  );
  for (const { reason } of (await Promise.allSettled(compared)) as { reason?: unknown }[]) {
    if (reason !== undefined) throw reason;
  }
}

Deno.test("a listing is read as the SDK reads it", () => assertSame(LISTINGS, ["list"]));

Deno.test("an object is read as the SDK reads it", async () => {
  await assertSame(OBJECTS, OF_OBJECTS);
  await assertSame(OBJECTS_WITHOUT_BODY, ["head", "getSmall"]);
});

Deno.test("a failure is the one that the SDK tells", () => assertSame(FAILURES, ALL));

Deno.test("a failure that may pass is tried again as often as by the SDK", () =>
  assertSame(RETRIED, ALL));

Deno.test("a clock that is off is corrected once, and then no more", async () => {
  const asked: string[] = [];
  const ahead = 3_600_000;
  await using server = new StandIn((request) => {
    const [, day = "", time = ""] =
      /^(\d{8})T(\d{6})Z$/.exec(request.headers.get("x-amz-date") ?? "") ?? [];
    const signed = Date.parse(
      `${day.replace(/(....)(..)(..)/, "$1-$2-$3")}T${time.replace(/(..)(..)(..)/, "$1:$2:$3")}Z`,
    );
    const now = Date.now() + ahead;
    const isRight = Math.abs(now - signed) < 900_000;
    asked.push(isRight ? "right" : "wrong");
    const store = isRight ? listing(WHOLE) : failing(403, "RequestTimeTooSkewed");
    const answer = store(request, 0);
    answer.headers.set("date", new Date(now).toUTCString());
    return answer;
  });
  const bucket = openS3Bucket("deploys", settingsFor(server));
  for (let i = 0; i < 2; i++) assertEquals(await bucket.list("a."), []);
  assertEquals(asked, ["wrong", "right", "right"]);
});
