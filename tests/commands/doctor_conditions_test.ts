/** What `ftl doctor` makes of refused conditions, where others change the same objects, and where nobody does. */
import type { Check } from "../../src/commands/doctor/check.ts";
import { checkPuts } from "../../src/commands/doctor/writes.ts";
import { ConflictError } from "../../mod.ts";
import { NEVER } from "../../src/bucket/bucket.ts";
import { assertEquals, assertStringIncludes } from "../assert.ts";
import { MemoryBucket } from "../bucket/memory_bucket.ts";

/** A store that is not AWS, where something comes between a look at an object and its replacement. */
class ForeignBucket extends MemoryBucket {
  constructor(between: (bucket: MemoryBucket, key: string) => Promise<void>) {
    super();
    const put = this.put.bind(this);
    this.put = async (key, body, options) => {
      const { condition } = options;
      const isToHold = condition !== undefined && "etag" in condition && condition !== NEVER;
      if (isToHold) await between(this, key);
      return await put(key, body, options);
    };
  }

  async conditions(): Promise<Check | undefined> {
    const checks = await checkPuts(this, new Map());
    return checks.find(({ name }) => name === "S3 conditions");
  }
}

Deno.test("a doctor that others of its kind disturb does not blame the store", async () => {
  for (const others of [1, 5, 100]) {
    let left = others;
    // Another one ends at this moment, and removes its objects.
    const bucket = new ForeignBucket(async (bucket, key) => {
      if (left-- > 0) await bucket.remove(key);
    });
    assertEquals((await bucket.conditions())?.status, "ok", `${others} times`);
    assertEquals(await bucket.list(""), []);
  }
});

Deno.test("a store that refuses a condition that holds is found, though nobody else is there", async () => {
  const bucket = new ForeignBucket(() => {
    throw new ConflictError("The condition does not hold");
  });
  const { status, detail = "" } = await bucket.conditions() ?? {};
  assertEquals(status, "fail");
  assertStringIncludes(detail, "refuses a write whose condition holds");
  assertEquals(await bucket.list(""), []);
});
