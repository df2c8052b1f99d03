/** Downloads the small objects that a delta needs, and counts their bytes. */
import type { Bucket, ObjectBytes } from "../../bucket/bucket.ts";
import { StorageError } from "../../errors.ts";
import { MAX_PATCH_BYTES } from "../../catalog/delta/objects.ts";

/** A patch of more than this part of the object is not worth the work. */
const WORTHWHILE = 0.5;
/** But so many bytes are nothing. */
const SMALL_PATCH = 64 * 1024;

/** Bytes of the largest patch that is of use, for a revision whose object has `size` bytes. */
export function largestUseful(size: number): number {
  return Math.min(MAX_PATCH_BYTES, Math.max(SMALL_PATCH, size * WORTHWHILE));
}

export class DeltaObjects {
  readonly #bucket: Bucket;
  readonly #signal: AbortSignal;
  /** Bytes that were downloaded. */
  moved = 0;
  /** Whether a request was denied. */
  isDenied = false;

  constructor(bucket: Bucket, signal: AbortSignal) {
    this.#bucket = bucket;
    this.#signal = signal;
  }

  /**
   * The whole object. Undefined if it is not there, or denied: who may list only a package is refused also what is not
   * there. Throws `IntegrityError` if it has more bytes than `limit`.
   */
  async get(key: string, limit: number): Promise<ObjectBytes | undefined> {
    try {
      const found = await this.#bucket.getBytes(key, { limit, signal: this.#signal });
      this.moved += found?.bytes.length ?? 0;
      return found;
    } catch (error) {
      if (!(error instanceof StorageError && error.reason === "denied")) throw error;
      this.isDenied = true;
      return undefined;
    }
  }
}
