/** Which revisions in S3 are signed. Each object is asked once, by a HEAD. */
import type { Bucket, ListedObject } from "../../bucket/bucket.ts";
import { inParallel } from "../../concurrency/parallel.ts";
import { FtlError } from "../../errors.ts";
import { escapeControls } from "../../foreign_text.ts";
import type { RevisionKey } from "../../revision/keys.ts";
import type { JudgedRevision } from "../../trust/judge_revision.ts";
import type { TrustPolicy } from "../../trust/policy.ts";
import { judgeRevision } from "../../trust/trust.ts";

/** A revision as a listing has it. */
export interface ListedRevision extends RevisionKey {
  readonly object: ListedObject;
}

/** Requests at the same time. */
const CONCURRENCY = 4;

export class SignedRevisions {
  readonly #bucket: Bucket;
  readonly #policy: TrustPolicy;
  readonly #judged = new Map<string, JudgedRevision>();

  constructor(bucket: Bucket, policy: TrustPolicy) {
    this.#bucket = bucket;
    this.#policy = policy;
  }

  /** Asks for those that are not known yet. One that S3 does not describe is not trusted, and keeps no other one back. */
  async look(revisions: readonly ListedRevision[], signal: AbortSignal): Promise<void> {
    const unknown = revisions.filter((one) => this.of(one) === undefined);
    const limits = { concurrency: CONCURRENCY, signal };
    await inParallel(unknown, limits, async (revision) => {
      const judged = await this.#judge(revision);
      signal.throwIfAborted();
      if (judged !== undefined) this.#judged.set(nameOf(revision), judged);
    });
  }

  async #judge({ key, object }: ListedRevision): Promise<JudgedRevision | undefined> {
    try {
      const found = await this.#bucket.head(key);
      // If it has changed since it was listed, the next listing shows what it is.
      if (found === undefined || found.etag !== object.etag) return undefined;
      return judgeRevision(this.#policy, { ...found, key });
    } catch (error) {
      if (!(error instanceof FtlError)) throw error;
      const why = `S3 does not tell who has signed it: ${escapeControls(error.message)}`;
      return { verdict: "refused", by: [], refused: [], content: undefined, why };
    }
  }

  /** Undefined if it was not asked for. */
  of(revision: ListedRevision): JudgedRevision | undefined {
    return this.#judged.get(nameOf(revision));
  }
}

function nameOf({ key, object }: ListedRevision): string {
  return `${object.etag} ${object.size} ${object.modified} ${key}`;
}
