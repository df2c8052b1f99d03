import manifest from "../../../deno.json" with { type: "json" };
import { assertEquals, assertMatch } from "../../assert.ts";
import { openS3Bucket } from "../../../src/bucket/s3/s3_bucket.ts";
import type { Bucket } from "../../../src/bucket/bucket.ts";
import { StandIn } from "../aws/aws_services.ts";

const CALLS: readonly ((bucket: Bucket) => Promise<unknown>)[] = [
  (bucket) => bucket.list("a."),
  (bucket) => bucket.head("a.rev"),
  (bucket) => bucket.put("a.rev", "x", { metadata: {} }),
  (bucket) => bucket.remove("a.rev"),
];

/** What the requests of all calls say of who sends them. */
async function agents(settings: Record<string, string> = {}): Promise<string[]> {
  const seen: string[] = [];
  await using server = new StandIn((request) => {
    seen.push(request.headers.get("user-agent") ?? "");
    if (request.method === "DELETE") return new Response(null, { status: 204 });
    return new Response("<ListBucketResult/>", {
      headers: { "etag": '"x"', "content-type": "application/xml" },
    });
  });
  const bucket = openS3Bucket("deploys", {
    ...{ AWS_ENDPOINT_URL_S3: server.url, AWS_REGION: "us-east-1", HOME: "/nonexistent" },
    ...{ AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret", ...settings },
  });
  for (const call of CALLS) await call(bucket);
  return seen;
}

Deno.test("each request says that it is of FTL, and of which version", async () => {
  const [list, head, ...writes] = await agents();
  assertEquals([list, head], Array(2).fill(`ftl/${manifest.version}`));
  // A setting that only the SDK knows how to follow.
  const bySdk = await agents({ AWS_USE_DUALSTACK_ENDPOINT: "true" });
  assertEquals([writes.length >= 2, bySdk.length >= 4], [true, true]);
  for (const agent of [...writes, ...bySdk]) {
    assertMatch(agent, /^aws-sdk-js\/\d/);
    assertEquals(agent.split(" ").includes(`ftl/${manifest.version}`), true, agent);
  }
});
