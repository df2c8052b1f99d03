import { assertEquals } from "../assert.ts";
import { dropStaleUploads, STALE_AFTER } from "../../src/catalog/stale_uploads.ts";
import { createContext } from "../../mod.ts";
import { MemoryBucket } from "../bucket/memory_bucket.ts";
import { aPackage } from "../names.ts";

const SITE = aPackage("my_site");

Deno.test("uploads of this package that nobody completes any more are taken back, and no others", async () => {
  const bucket = new MemoryBucket();
  const now = Date.now();
  const [old, young] = [now - STALE_AFTER - 1, now - STALE_AFTER + 60_000];
  const uploads: [key: string, begun: number][] = [
    ["my_site.VZ5vQk8aR4G.tgz", old],
    ["my_site.VZ5vQk9aR4G.tgz", young],
    ["my_site.no revision/of FTL's", old],
    ["other.VZ5vQk8aR4G.tgz", old],
  ];
  for (const [key, begun] of uploads) bucket.leaveUpload({ key, uploadId: key, begun });
  await dropStaleUploads({ ...createContext({}), now: () => now }, bucket, SITE);
  const left = (await bucket.openUploads("")).map(({ key }) => key);
  assertEquals(left, uploads.slice(1).map(([key]) => key));
});

Deno.test("who may not list uploads spools all the same", async () => {
  const bucket = new MemoryBucket();
  bucket.deny("openUploads", 1);
  await dropStaleUploads(createContext({}), bucket, SITE);
  assertEquals(bucket.calls, ["openUploads"]);
});
