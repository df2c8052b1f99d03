/** `ftl doctor` at a store that ignores conditions, does not answer, or has another time. */
import { assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { remarks } from "./doctor_fleet.ts";
import { hurried } from "../proof/preloaded.ts";
import { Fleet } from "./fleet.ts";

/** A store that accepts everything, has its own clock, and obeys no condition. */
async function yesStore(
  offset: number,
  work: (endpoint: string, seen: string[]) => Promise<void>,
): Promise<void> {
  const seen: string[] = [];
  const abort = new AbortController();
  const server = Deno.serve({ port: 0, signal: abort.signal, onListen: () => {} }, (request) => {
    const { pathname, search } = new URL(request.url);
    seen.push(`${request.method} ${pathname}`);
    const body = search.includes("list-type")
      ? "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
      : null;
    const date = new Date(Date.now() + offset).toUTCString();
    return new Response(body, {
      headers: { date, etag: '"x"', "content-type": "application/xml" },
    });
  });
  try {
    await work(`http://127.0.0.1:${server.addr.port}`, seen);
  } finally {
    abort.abort();
    await server.finished;
  }
}

Deno.test("doctor detects a store that ignores conditions, and removes what it wrote there", async () => {
  await using fleet = await Fleet.start();
  await yesStore(0, async (AWS_ENDPOINT_URL_S3, seen) => {
    const result = await fleet.ftl(["doctor"], { env: { AWS_ENDPOINT_URL_S3 } });
    assertEquals(result.code, 7);
    assertStringIncludes(
      remarks(result).join("\n"),
      "fail  S3 conditions  The store of s3://deploys ignores conditions on writes | Use a store",
    );
    const changes = seen.filter((line) => !/^(GET|HEAD)/.test(line));
    assertEquals(changes, [
      "PUT /deploys/.ftl-doctor.ftl-doctor-",
      "DELETE /deploys/.ftl-doctor.ftl-doctor-",
      "PUT /deploys/.ftl-doctor.rev",
      "DELETE /deploys/.ftl-doctor.rev",
    ]);
  });
});

Deno.test("doctor stops waiting for a store that does not answer", async () => {
  await using fleet = await Fleet.start();
  fleet.server.addFault({
    operation: "ListObjectsV2",
    fault: { kind: "delay", milliseconds: 1e6 },
  });
  const result = await fleet.ftl(["doctor"], hurried(10));
  assertEquals(result.code, 7);
  assertMatch(
    remarks(result)[1] ?? "",
    /^fail {2}S3 {2}S3 did not answer every request within 15 s \| Check the network/,
  );
});

Deno.test("doctor compares the clock with S3's", async () => {
  await using fleet = await Fleet.start();
  const MINUTE = 60_000;
  for (
    const [offset, line] of [
      [10_000, /^ok +clock +(9|10|11) s behind S3's$/m],
      [
        -5 * MINUTE,
        /^warn +clock +(299|300|301) s ahead of S3's\n +hint: Set this machine's clock/m,
      ],
      [
        60 * MINUTE,
        /^fail +clock +This machine's clock is (3599|3600|3601) s behind S3's\n +hint: /m,
      ],
    ] as const
  ) {
    await yesStore(offset, async (AWS_ENDPOINT_URL_S3) => {
      const { stdout } = await fleet.ftl(["doctor"], { env: { AWS_ENDPOINT_URL_S3 } });
      assertMatch(stdout, line);
    });
  }
});
