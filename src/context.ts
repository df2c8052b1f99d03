/**
 * The context that every command gets. `mod.ts` makes it; the rooms below it read their settings
 * from nowhere else.
 */
import type { BucketOptions, OpenedBucket } from "./bucket/bucket.ts";
import type { Config } from "./config.ts";
import type { Report } from "./events.ts";

/** What every command works with: see `createContext` of `mod.ts`. */
export interface Context {
  /** The configuration. A value is read when a command asks for it. */
  readonly config: Config;
  /** Called with each event of a command. An error that it throws ends the command. */
  readonly report: Report;
  /**
   * Ends a command when it aborts. The command cleans up: it ends a running script, removes the files and the
   * upload that it has not completed, and releases its locks. Then it throws the signal's reason, or
   * `OutcomeUnknownError` if a write to S3 may have succeeded. The signal of `ftl` itself aborts with an
   * `InterruptedError`.
   */
  readonly signal: AbortSignal;
  /** `user@host`, which the notes in S3 contain. */
  readonly author: () => string;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** The version of FTL. */
  readonly version: string;
  /**
   * Opens the bucket that the configuration names. Opening sends no request. The S3 client is
   * loaded only now, so local commands start without it.
   * @internal
   */
  readonly openBucket: (options: BucketOptions) => Promise<OpenedBucket>;
}
