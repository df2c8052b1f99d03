/**
 * The errors that a user can meet. Code below `src/cli` throws them; `src/cli/failure.ts` turns them
 * into text and an exit code, and nothing else does.
 *
 * A message names the thing and what went wrong with it (`Cannot activate my_site.VZ5vQk8aR4G: its
 * post-sync.sh failed`), a hint says what to do about it. Neither ends with a full stop.
 */

/** The exit codes of `ftl`: part of its interface, explained in docs/errors.md. */
export const EXIT = {
  done: 0,
  internal: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  integrity: 5,
  script: 6,
  storage: 7,
} as const;

/** What each exit code says, in a few words. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: "done",
  internal: "a fault of FTL's own",
  usage: "usage or configuration",
  notFound: "no such package, revision, file or bucket",
  conflict: "lost a race, or the lock stayed busy",
  integrity: "integrity: checksum, broken or unsafe archive",
  script: "a package script failed",
  storage: "S3 or disk: unreachable, denied, full",
};

/** What an error carries besides its message. */
export interface FtlErrorOptions {
  /** What the user can do about it: one line, no full stop. */
  hint?: string | undefined;
  /** The error below it. */
  cause?: unknown;
}

/** An error whose message is meant for the user. Its class says which exit code it brings. */
export abstract class FtlError extends Error {
  /** The exit code of the command that it ends: one of `EXIT`, or a signal's. */
  abstract readonly exitCode: number;
  /** What the user can do about it. */
  readonly hint: string | undefined;
  /** The number of S3's answer, by which the owner of the store finds it in the logs. */
  readonly requestId: string | undefined;

  /** The message names the thing, and what went wrong with it. */
  constructor(message: string, options: FtlErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
  }
}

/** Wrong arguments, a missing or malformed variable, a name that is no name. */
export class UsageError extends FtlError {
  /** See `EXIT`. */
  readonly exitCode: number = EXIT.usage;
}

/** No such package, revision, bucket or file. */
export class NotFoundError extends FtlError {
  /** See `EXIT`. */
  readonly exitCode: number = EXIT.notFound;
}

/** Somebody else was faster: a lost conditional write, a lock that stayed busy. */
export class ConflictError extends FtlError {
  /** See `EXIT`. */
  readonly exitCode: number = EXIT.conflict;
}

/** A lock that stayed busy. */
export class BusyError extends ConflictError {}

/** The bytes are not what they should be, or an archive that must not be unpacked. */
export class IntegrityError extends FtlError {
  /** See `EXIT`. */
  readonly exitCode: number = EXIT.integrity;
}

/** A pointer in S3 that names no revision. Blessing one, on condition of its ETag, mends it. */
export class BrokenPointerError extends IntegrityError {
  /** `etag` is the pointer's own, as it was read. */
  constructor(message: string, readonly etag: string, options: FtlErrorOptions) {
    super(message, options);
  }
}

/** A package script failed. */
export class ScriptError extends FtlError {
  /** See `EXIT`. */
  readonly exitCode: number = EXIT.script;
}

/**
 * What keeps S3 or the disk from doing what was asked: for code that decides by it, which never reads
 * messages.
 *
 * - `denied`: the credentials may not, or a policy, a key or a lock forbids it.
 * - `unauthenticated`: the store does not take the credentials themselves: unknown, wrong, expired.
 * - `unreachable`: no answer came, or only a part of one.
 * - `busy`: an answer of the kind "not now": throttled, or a fault of the store's own.
 * - `full`: the disk or the quota.
 * - `unsupported`: the store does not know what was asked for.
 * - `not-s3`: something answered that does not speak as S3 does: a login page, a proxy, another service.
 * - `other`: anything else.
 */
export type StorageReason =
  | "denied"
  | "unauthenticated"
  | "unreachable"
  | "busy"
  | "full"
  | "unsupported"
  | "not-s3"
  | "other";

/** What a storage error tells besides its message. */
export interface StorageErrorOptions extends FtlErrorOptions {
  /** `other` where it is left out. */
  reason?: StorageReason | undefined;
  /** Whether the same request may succeed a little later. */
  retryable?: boolean | undefined;
  /** The S3 action that failed, as IAM calls it, e.g. `s3:PutObject`. */
  action?: string | undefined;
  /** S3's own error code, e.g. `NotImplemented`; a bare status where it gave none. */
  code?: string | undefined;
  /** The store's own sentence, on one line, without control characters, bounded. */
  said?: string | undefined;
}

/** S3 or the disk: unreachable, denied, full. */
export class StorageError extends FtlError {
  /** See `EXIT`. */
  readonly exitCode: number = EXIT.storage;
  /** For code to decide by. */
  readonly reason: StorageReason;
  /** Whether the same request may succeed a little later. */
  readonly retryable: boolean;
  /** The S3 action that failed, as IAM calls it. */
  readonly action: string | undefined;
  /** S3's own error code. */
  readonly code: string | undefined;
  /** The store's own sentence. */
  readonly said: string | undefined;

  /** The message is for the user. */
  constructor(message: string, options: StorageErrorOptions = {}) {
    super(message, options);
    this.reason = options.reason ?? "other";
    this.retryable = options.retryable ?? false;
    this.action = options.action;
    this.code = options.code;
    this.said = options.said;
  }
}

/** The signals that end a command, and its exit code then: 128 and the number, as a shell reports it. */
export const INTERRUPTIONS = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const;

/** A signal came while a command worked. */
export class InterruptedError extends FtlError {
  /** 128 and the signal's number. */
  readonly exitCode: number;
  readonly #insistence = new AbortController();

  /** By the first signal. */
  constructor(signal: keyof typeof INTERRUPTIONS) {
    super(`Interrupted by ${signal}`);
    this.exitCode = INTERRUPTIONS[signal];
  }

  /** Aborted when the signal comes a second time: nothing is waited for any longer. */
  get insistence(): AbortSignal {
    return this.#insistence.signal;
  }

  /** Tells of the second signal. */
  insist(): void {
    this.#insistence.abort();
  }
}

/** A command was ended before S3 told what had come of a write. */
export class OutcomeUnknownError extends FtlError {
  /** The exit code of what ended it. */
  readonly exitCode: number;

  /** `reason` is what ended it; `outcome` goes on after its message. */
  constructor(reason: unknown, outcome: string) {
    super(`${messageOf(reason)} ${outcome}`, {
      cause: reason,
      hint:
        "'ftl list --master' shows what is there and what is blessed: look before you do it again",
    });
    this.exitCode = reason instanceof FtlError ? reason.exitCode : EXIT.storage;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
