/** Answers that are not S3's: login pages, proxies, other services, and answers without an end. */
import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { IntegrityError, StorageError, UsageError } from "../../../src/errors.ts";
import type { Bucket, UploadSource } from "../../../src/bucket/bucket.ts";
import { StandIn } from "../aws/aws_services.ts";
import { bucketAt, listing, page, thrownBy } from "./foreign_bucket.ts";

const KEY = "a.VZ5vQk8aR4G.tgz";

function sourceOf(parts: number): UploadSource {
  return {
    size: parts,
    parts: Array.from({ length: parts }, (_, offset) => ({
      offset,
      length: 1,
      sha256: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    })),
    read: (_offset, length) => new Uint8Array(length),
  };
}

const upload = (bucket: Bucket, parts: number): Promise<void> =>
  bucket.upload(KEY, sourceOf(parts), {
    metadata: {},
    condition: { absent: true },
    concurrency: 1,
  });

const CALLS: readonly (readonly [string, (bucket: Bucket) => Promise<unknown>])[] = [
  ["list", (bucket) => bucket.list("a.")],
  ["getSmall", (bucket) => bucket.getSmall("a.rev")],
  ["head", (bucket) => bucket.head(KEY)],
  ["put", (bucket) => bucket.put("a.rev", "x", { metadata: {}, condition: { absent: true } })],
  ["upload", (bucket) => upload(bucket, 1)],
  ["upload in parts", (bucket) => upload(bucket, 2)],
  ["read", (bucket) => bucket.read(KEY, { etag: '"x"' })],
  ["remove", (bucket) => bucket.remove(KEY)],
  ["openUploads", (bucket) => bucket.openUploads("a.")],
];

const HTML = "<!DOCTYPE html><html><head><title>Please log in</title></head></html>";

const FOREIGN: readonly (readonly [string, () => Response])[] = [
  ["a login page", page(200, "text/html", HTML)],
  ["a login page that says it is XML", page(200, "application/xml", "<html>Welcome</html>")],
  ["JSON", page(200, "application/json", "{}")],
  ["nothing", page(200, "application/xml", "")],
  ["another service's XML", page(200, "application/xml", "<EnumerationResults/>")],
  ["another root", page(200, "application/xml", "<ListAllMyBucketsResult/>")],
  ["202", page(202, "text/plain", "accepted")],
  ["a proxy's 403", page(403, "text/html", HTML)],
  ["a web server's 404", page(404, "text/html", HTML)],
  ["a web server's 405", page(405, "text/html", HTML)],
];

for (const [name, answer] of FOREIGN) {
  Deno.test(`${name} is not taken for an answer of S3`, async () => {
    await using server = new StandIn(answer);
    for (const [call, send] of CALLS) {
      const error = await thrownBy(send(bucketAt(server.url)));
      assert(error instanceof StorageError, `${call}: ${error}`);
      assertEquals([call, error.reason], [call, "not-s3"]);
      assertMatch(error.message, /^http:.* answered, but not as S3 does: it sent /);
    }
  });
}

Deno.test("a foreign answer is described: what it is, and what stands on it", async () => {
  await using server = new StandIn(page(403, "text/html; charset=utf-8", HTML));
  const error = await thrownBy(bucketAt(server.url).list("a."));
  assertEquals(
    (error as Error).message,
    `${server.url} answered, but not as S3 does: it sent 403 Forbidden, text/html, 'Please log in'`,
  );
});

Deno.test("a load balancer's page may be gone at the next try", async () => {
  let asked = 0;
  await using server = new StandIn(() =>
    ++asked < 2 ? page(502, "text/html", HTML)() : listing("<IsTruncated>false</IsTruncated>")
  );
  assertEquals(await bucketAt(server.url).list("a."), []);
});

Deno.test("no redirect is followed: neither token nor package leave for another host", async () => {
  await using other = new StandIn(page(200, "text/plain", ""));
  for (const status of [301, 302, 303, 307, 308]) {
    const headers = { location: `${other.url}/deploys/` };
    await using server = new StandIn(() => new Response(null, { status, headers }));
    for (const [call, send] of CALLS) {
      const error = await thrownBy(send(bucketAt(server.url)));
      assertEquals(
        [call, (error as Error).message],
        [call, `${server.url} sends requests on to ${other.url}, which FTL does not follow`],
      );
    }
  }
  assertEquals(other.log, []);
});

Deno.test("S3's own redirects name the region that is to be set", async () => {
  await using other = new StandIn(page(200, "text/plain", ""));
  for (
    const [status, code] of [
      [307, "TemporaryRedirect"],
      [301, "PermanentRedirect"],
      [400, "AuthorizationHeaderMalformed"],
    ] as const
  ) {
    await using server = new StandIn((request) =>
      new Response(request.method === "HEAD" ? null : `<Error><Code>${code}</Code></Error>`, {
        status,
        headers: { location: other.url, "x-amz-bucket-region": "eu-west-1" },
      })
    );
    for (const [call, send] of CALLS) {
      const error = await thrownBy(send(bucketAt(server.url)));
      assert(error instanceof UsageError, `${call}: ${error}`);
      assertEquals(error.message, "The bucket deploys is in another region, eu-west-1");
      assertMatch(error.hint ?? "", /^export AWS_REGION=eu-west-1/);
    }
  }
  assertEquals(other.log, []);
});

/** Chunked, without a length and without an end; `sent` counts. */
function endless(begin: string): { body: ReadableStream<Uint8Array>; sent: () => number } {
  const chunk = new TextEncoder().encode("x".repeat(65_536));
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(begin)),
    pull: (controller) => {
      sent += chunk.byteLength;
      controller.enqueue(chunk.slice());
    },
  });
  return { body, sent: () => sent };
}

Deno.test("a pointer without a length is read up to its bound", async () => {
  const { body, sent } = endless("a.VZ5vQk8aR4G");
  await using server = new StandIn(() => new Response(body, { headers: { etag: '"x"' } }));
  const error = await thrownBy(bucketAt(server.url).getSmall("a.rev"));
  assert(error instanceof IntegrityError, `${error}`);
  assertMatch(error.message, /a\.rev is no pointer to a revision: more than 4096 bytes$/);
  // Besides the bound, what the sockets hold.
  assert(sent() < 16 * 1024 * 1024, `${sent()} bytes`);
});

Deno.test("no answer without an end is read on: neither a listing nor an error", async () => {
  for (const [status, begin] of [[200, "<ListBucketResult>"], [400, "<Error>"]] as const) {
    const { body } = endless(begin);
    await using server = new StandIn(() => new Response(body, { status }));
    const error = await thrownBy(bucketAt(server.url).list("a."));
    assertMatch((error as Error).message, /it sent more than S3 ever sends$/);
  }
});

Deno.test("a listing that stalls, however large it says that it is, hears the signal", async () => {
  const asked = Promise.withResolvers<void>();
  await using server = new StandIn(() => {
    asked.resolve();
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    void writable.getWriter().write(new TextEncoder().encode("<ListBucketResult>")).catch(() => {});
    return new Response(readable, { headers: { "content-type": "application/xml" } });
  });
  const abort = new AbortController();
  const thrown = thrownBy(bucketAt(server.url, abort.signal).list("a."));
  await asked.promise;
  abort.abort();
  assertEquals(((await thrown) as Error).name, "AbortError");
});

Deno.test("a store that asks to come back in a day is not waited for", async () => {
  const started = performance.now();
  await using server = new StandIn(() =>
    new Response("<Error><Code>SlowDown</Code></Error>", {
      status: 503,
      headers: { "retry-after": "86400" },
    })
  );
  const error = await thrownBy(bucketAt(server.url).list("a."));
  assert(error instanceof StorageError && error.reason === "busy", `${error}`);
  assert(performance.now() - started < 30_000);
});
