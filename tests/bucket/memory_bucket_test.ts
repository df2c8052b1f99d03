import { MemoryBucket } from "./memory_bucket.ts";
import { testBucket } from "./suite.ts";

testBucket("MemoryBucket", () => {
  const bucket = new MemoryBucket();
  return Promise.resolve({
    bucket,
    missing: new MemoryBucket("no-such-bucket", false),
    openUploads: async () => (await bucket.openUploads("")).length,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});
