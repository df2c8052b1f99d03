/** Connections that break, and bytes that change on the way: with and without the SDK's first try the same. */
import { assert, assertEquals } from "../../../assert.ts";
import type { Bucket } from "../../../../src/bucket/bucket.ts";
import { openS3Bucket } from "../../../../src/bucket/s3/s3_bucket.ts";
import { FtlError } from "../../../../src/errors.ts";
import { Fleet } from "../../../e2e/fleet.ts";
import type { Fault } from "../../../s3_server/faults.ts";

const FAULTS: readonly Fault[] = [
  { kind: "reset" },
  { kind: "reset-after", bytes: 3 },
  { kind: "cut-short", bytes: 3 },
  { kind: "flip-bit", byte: 2 },
  { kind: "internal-error" },
  { kind: "slow-down" },
  { kind: "access-denied" },
];

const KEY = "a b/~!'()*,;:@=$+%20.rev";

const CALLS: Readonly<Record<string, (bucket: Bucket) => Promise<unknown>>> = {
  list: (bucket) => bucket.list("a b/"),
  head: (bucket) => bucket.head(KEY),
  getSmall: (bucket) => bucket.getSmall(KEY),
};

async function outcomeOf(fleet: Fleet, work: () => Promise<unknown>): Promise<unknown> {
  const before = fleet.server.log.length;
  const came = await work().catch((error) => {
    assert(error instanceof FtlError, `${error}`);
    const { name, message, hint } = error;
    return { name, message, hint };
  });
  return { came, requests: fleet.server.log.length - before };
}

for (const [times, count] of [["once", 1], ["always", 100]] as const) {
  Deno.test(`a read that ${times} meets a fault ends as with the SDK alone`, async () => {
    await using fleet = await Fleet.start();
    await fleet.bucket().put(KEY, "a.VZ5vQk8aR4G", { metadata: { "ftl-by": "me" } });
    const env = { ...fleet.env, HOME: "/nonexistent" };
    for (const fault of FAULTS) {
      for (const [call, send] of Object.entries(CALLS)) {
        // To wait between all tries takes long, and the answers of stores.ts try that too.
        if (times === "always" && (call !== "getSmall" || /error|slow/.test(fault.kind))) continue;
        // A flipped bit in XML is found by nobody, and has no bytes to flip in the answer to HEAD.
        if (fault.kind === "flip-bit" && call !== "getSmall") continue;
        const ways: unknown[] = [];
        for (const settings of [{}, { AWS_SDK_UA_APP_ID: "tests" }]) {
          const bucket = openS3Bucket("deploys", { ...env, ...settings });
          // The runtime itself asks again where a connection breaks that was open before. Now one is.
          await bucket.head(KEY);
          fleet.server.addFault({ fault, count });
          ways.push(await outcomeOf(fleet, () => send(bucket)));
          fleet.server.clearFaults();
        }
        assertEquals([fault, call, ways[0]], [fault, call, ways[1]]);
      }
    }
  });
}
