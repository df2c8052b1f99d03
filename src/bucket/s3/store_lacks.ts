/**
 * Remembers what an S3-compatible store lacks. FTL finds it from the store's answers, reports it
 * once, and makes up for it.
 */
import type { Lack, OnLack } from "../bucket.ts";

const SENTENCES: Readonly<Record<Lack, string>> = {
  conditions: "does not support conditional writes: a race with another writer is not noticed",
  "condition-checks":
    "ignores the conditions of writes (If-Match): a race with another writer is not noticed",
  quotes: "compares ETags without their quotes (If-Match), so FTL sends them without quotes",
  checksums: "does not accept SHA-256 checksums (x-amz-checksum-sha256): FTL sends MD5 " +
    "(Content-MD5) instead; AWS_REQUEST_CHECKSUM_CALCULATION=when_required saves the first try",
  "part-checksums": "does not accept the parts' checksums at the end of an upload in parts: " +
    "FTL compares the parts' ETags, which are their MD5",
};

export class StoreLacks {
  readonly #bucket: string;
  readonly #tell: OnLack;
  readonly #found = new Set<Lack>();

  /** @param known what the store is known to lack; it is not reported */
  constructor(bucket: string, { tell, known }: { tell: OnLack; known: readonly Lack[] }) {
    this.#bucket = bucket;
    this.#tell = tell;
    for (const lack of known) this.#found.add(lack);
  }

  has(lack: Lack): boolean {
    return this.#found.has(lack);
  }

  add(lack: Lack): void {
    if (this.#found.has(lack)) return;
    this.#found.add(lack);
    this.#tell(lack, `The store of s3://${this.#bucket} ${SENTENCES[lack]}`);
  }
}
