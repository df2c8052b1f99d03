/** What every command works with. `mod.ts` makes it; nothing below looks elsewhere. */
import type { BucketOptions, OpenedBucket } from "./bucket/bucket.ts";
import type { Config } from "./config.ts";
import type { Report } from "./events.ts";

/** What every command works with: see `createContext` of `mod.ts`. */
export interface Context {
  /** Configuration, read when a command asks for it. */
  readonly config: Config;
  /** Told what happens. */
  readonly report: Report;
  /** Aborted with an `InterruptedError` by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** `user@host`, for the notes in S3. */
  readonly author: () => string;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** Of FTL. */
  readonly version: string;
  /**
   * Opens the bucket of the configuration; sends nothing yet. The client is loaded only then: local commands start
   * without.
   * @internal
   */
  readonly openBucket: (options: BucketOptions) => Promise<OpenedBucket>;
}
