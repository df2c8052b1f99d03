/** A bucket at a store that lacks something, and every kind of write to it. */
import { assertEquals, assertRejects } from "../../assert.ts";
import { ConflictError } from "../../../src/errors.ts";
import type { Bucket, Lack } from "../../../src/bucket/bucket.ts";
import { openS3Bucket } from "../../../src/bucket/s3/s3_bucket.ts";
import { useCredentials } from "../../credentials.ts";
import { someBytes } from "../upload_suite.ts";
import { type Lacking, LackingStore } from "./lacking_store.ts";

export const NOT_IMPLEMENTED =
  "A header you provided implies functionality that is not implemented";

/** A store that lacks something, and a bucket there. */
export interface Opened extends AsyncDisposable {
  readonly store: LackingStore;
  readonly bucket: Bucket;
  /** What was told, in this order. */
  readonly told: Lack[];
}

export async function open(lacking: Lacking, env: Record<string, string> = {}): Promise<Opened> {
  const store = await LackingStore.start(lacking);
  useCredentials(store.env());
  const told: Lack[] = [];
  const onLack = (lack: Lack): void => void told.push(lack);
  const bucket = openS3Bucket("deploys", { ...store.env(), ...env }, { onLack });
  return { store, bucket, told, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

/** Every kind of write, twice. */
export async function useAll(bucket: Bucket): Promise<void> {
  const first = await bucket.put("a.rev", "first", {
    metadata: { "ftl-by": "me" },
    condition: { absent: true },
  });
  const second = await bucket.put("a.rev", "second", { metadata: {}, condition: { etag: first } });
  await bucket.put("a.rev", "third", { metadata: {}, condition: { etag: second } });
  assertEquals((await bucket.getSmall("a.rev"))?.text, "third");
  for (const [key, size] of [["small.1", 1000], ["small.2", 1000], ["large", LARGE]] as const) {
    const options = { condition: { absent: true }, concurrency: 2 } as const;
    const { source } = someBytes(size);
    await bucket.upload(key, source, { ...options, metadata: { "ftl-by": "me" } });
    assertEquals((await bucket.head(key))?.size, size);
    const again = { ...options, metadata: { "ftl-by": "you" } };
    await assertRejects(() => bucket.upload(key, source, again), ConflictError, key);
  }
}

/** Bytes: two parts. */
export const LARGE = 5_300_000;
