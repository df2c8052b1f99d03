/** What a spool has put beside a revision that is not there yet, to remove it if the revision does not come. */
import type { Bucket } from "../../../bucket/bucket.ts";
import { messageOf, StorageError } from "../../../errors.ts";

/** Milliseconds to ask for the revision: the command has failed, or is to end. */
const LAST_LOOK = 1_500;

export class PutObjects {
  readonly #bucket: Bucket;
  /** The revision's own key. */
  readonly #revision: string;
  readonly #keys: string[] = [];

  constructor(bucket: Bucket, revision: string) {
    this.#bucket = bucket;
    this.#revision = revision;
  }

  /** A request whose answer is lost may have put it all the same. Throws what `put` throws. */
  async put(key: string, put: () => Promise<void>): Promise<void> {
    this.#keys.push(key);
    try {
      await put();
    } catch (error) {
      if (isDenied(error)) this.#keys.pop();
      throw error;
    }
  }

  /**
   * Removes all of it, unless the revision is there: somebody else, who has spooled the same at the same instant, has
   * put the same there, and machines use it. Whoever may only spool may not remove: the next purge does.
   */
  async drop(): Promise<void> {
    const keys = this.#keys.splice(0);
    if (keys.length === 0) return;
    const signal = AbortSignal.timeout(LAST_LOOK);
    const isThere = await this.#bucket.head(this.#revision, signal).catch(() => true);
    if (isThere) return;
    await Promise.allSettled(keys.map((key) => this.#bucket.remove(key)));
  }
}

export function isDenied(error: unknown): error is StorageError {
  return error instanceof StorageError && error.reason === "denied";
}

/** A role of before FTL had deltas may put nothing there, and is told so at each spool. */
const ADVICE = "Give its role the policy of 'ftl setup iam spool', or set FTL_DELTA=off";

/** What an error says, and what to do about it. */
export function withAdvice(error: unknown): string {
  return isDenied(error) ? `${error.message}. ${ADVICE}` : messageOf(error);
}
