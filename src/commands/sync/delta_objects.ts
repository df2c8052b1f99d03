/** Downloads the small objects that a delta needs, and counts their bytes. */
import type { Bucket, ObjectBytes } from "../../bucket/bucket.ts";

export class DeltaObjects {
  readonly #bucket: Bucket;
  readonly #signal: AbortSignal;
  /** Bytes that were downloaded. */
  moved = 0;

  constructor(bucket: Bucket, signal: AbortSignal) {
    this.#bucket = bucket;
    this.#signal = signal;
  }

  /** The whole object. Undefined if it is not there. Throws `IntegrityError` if it has more bytes than `limit`. */
  async get(key: string, limit: number): Promise<ObjectBytes | undefined> {
    const found = await this.#bucket.getBytes(key, { limit, signal: this.#signal });
    this.moved += found?.bytes.length ?? 0;
    return found;
  }
}
