/** Downloads the small objects that a delta needs, and counts their bytes. */
import { IntegrityError } from "../../errors.ts";
import type { Bucket } from "../../bucket/bucket.ts";
import { openDownload } from "../../transfer/download/download.ts";
import type { Metadata } from "../../revision/metadata.ts";

interface SmallDownload {
  readonly bytes: Uint8Array;
  readonly metadata: Metadata;
}

export class DeltaObjects {
  readonly #bucket: Bucket;
  readonly #options: { readonly concurrency: number; readonly signal: AbortSignal };
  /** Bytes that were downloaded. */
  moved = 0;

  constructor(
    bucket: Bucket,
    options: { readonly concurrency: number; readonly signal: AbortSignal },
  ) {
    this.#bucket = bucket;
    this.#options = options;
  }

  /** The whole object. Undefined if it is not there. Throws `IntegrityError` if it has more bytes than `most`. */
  async get(key: string, most: number): Promise<SmallDownload | undefined> {
    const info = await this.#bucket.head(key);
    if (info === undefined) return undefined;
    const { size, etag, metadata } = info;
    if (size > most) throw new IntegrityError(`${key} has ${size} bytes, more than is of use`);
    const bytes = new Uint8Array(size);
    await using download = await openDownload(this.#bucket, key, { size, etag, ...this.#options });
    let at = 0;
    for await (const chunk of download.body) {
      bytes.set(chunk, at);
      at += chunk.length;
      this.moved += chunk.length;
    }
    return { bytes, metadata };
  }
}
