/** What `ftl doctor` makes of refused conditions, where others change the same objects, and where nobody does. */
import type { Check } from "../../src/commands/doctor/check.ts";
import { checkPuts } from "../../src/commands/doctor/writes.ts";
import { ConflictError } from "../../mod.ts";
import { assertEquals } from "../assert.ts";
import { MemoryBucket } from "../bucket/memory_bucket.ts";

/** A store that is not AWS. */
class ForeignBucket extends MemoryBucket {
  async conditions(): Promise<Check | undefined> {
    const checks = await checkPuts(this, new Map());
    return checks.find(({ name }) => name === "S3 conditions");
  }
}

Deno.test("a doctor that others of its kind disturb does not blame the store", async () => {
  for (const others of [1, 5, 100]) {
    const bucket = new ForeignBucket();
    const put = bucket.put.bind(bucket);
    let left = others;
    bucket.put = async (key, body, options) => {
      // Another one has just ended, and has removed its objects.
      if (options.condition !== undefined && "etag" in options.condition && left-- > 0) {
        await bucket.remove(key);
      }
      return await put(key, body, options);
    };
    assertEquals((await bucket.conditions())?.status, "ok", `${others} times`);
    assertEquals(await bucket.list(""), []);
  }
});

Deno.test("a store that refuses a condition that holds is found, though nobody else is there", async () => {
  const bucket = new ForeignBucket();
  const put = bucket.put.bind(bucket);
  bucket.put = async (key, body, options) => {
    if (options.condition !== undefined && "etag" in options.condition) {
      throw new ConflictError("The condition does not hold");
    }
    return await put(key, body, options);
  };
  assertEquals((await bucket.conditions())?.status, "fail");
  assertEquals(await bucket.list(""), []);
});
