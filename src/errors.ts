/**
 * The errors that a user can meet. Code below `src/cli` throws them. Only `src/cli/failure.ts`
 * turns them into text and an exit code.
 *
 * A message names the thing and says what went wrong with it (`Cannot activate my_site.VZ5vQk8aR4G:
 * its post-sync.sh failed`). A hint says what to do about it. Neither ends with a full stop.
 *
 * Code decides by an error's class and fields, never by its message.
 *
 * The file is long because a reader should find all that can be thrown in one place.
 */
import type { BlessingVerdict } from "./revision/blessing_verdict.ts";
import type { RevisionName } from "./revision/names.ts";
import type { Step } from "./revision/scripts.ts";

/** The exit codes of `ftl`. They are part of its interface; docs/errors.md explains them. */
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

/** The meaning of each exit code, in a few words. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: "done",
  internal: "a fault of FTL's own",
  usage: "usage or configuration",
  notFound: "no such package, revision, file or bucket",
  conflict: "lost a race, or a lock or a machine took too long",
  integrity: "integrity: checksum, broken or unsafe archive",
  script: "a package script failed",
  storage: "S3 or disk: unreachable, denied, full",
};

/** What an error contains besides its message. */
export interface FtlErrorOptions {
  /** What the user can do about it: one line, without a full stop. */
  hint?: string | undefined;
  /** The error that caused this one. */
  cause?: unknown;
  /** The request id of S3's answer. */
  requestId?: string | undefined;
}

/** An error whose message is for the user. Its class decides the exit code. */
export abstract class FtlError extends Error {
  /** The exit code of the command that this error ends: one of `EXIT`, or that of a signal. */
  abstract readonly exitCode: number;
  /** What the user can do about it. */
  readonly hint: string | undefined;
  /** The request id of S3's answer. The owner of the store finds the request in the logs by it. */
  readonly requestId: string | undefined;

  /** The message names the thing and says what went wrong with it. */
  constructor(message: string, options: FtlErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
    this.requestId = options.requestId;
  }
}

/** Wrong arguments, a missing or malformed variable, or a name that is not valid. */
export class UsageError extends FtlError {
  /** See `EXIT`. */
  readonly exitCode: number = EXIT.usage;
}

/** No such package, revision, bucket or file. */
export class NotFoundError extends FtlError {
  /** See `EXIT`. */
  readonly exitCode: number = EXIT.notFound;
}

/** The blessing of another person or program, which came first. */
export interface Winner {
  /** The revision that is blessed now. */
  readonly revision: RevisionName;
  /** Who blessed it: `user@host`. Undefined if the pointer does not tell. */
  readonly by: string | undefined;
}

/** What a conflict error contains besides its message. */
export interface ConflictErrorOptions extends FtlErrorOptions {
  /** The blessing that came first. */
  winner?: Winner | undefined;
}

/** Somebody else was faster: a conditional write failed, or a lock stayed busy. */
export class ConflictError extends FtlError {
  /** See `EXIT`. */
  readonly exitCode: number = EXIT.conflict;
  /** The blessing that came first. Undefined if the conflict is about something else, or if it is not known. */
  readonly winner: Winner | undefined;

  /** The message is for the user. */
  constructor(message: string, options: ConflictErrorOptions = {}) {
    super(message, options);
    this.winner = options.winner;
  }
}

/** The process that holds a lock, as the lock's file names it. */
export interface LockHolder {
  /** The id of the process. */
  readonly pid: number;
  /** Its command, e.g. `ftl sync`. */
  readonly command: string;
}

/** What a busy error contains besides its message. */
export interface BusyErrorOptions extends FtlErrorOptions {
  /** The process that holds the lock. */
  holder?: LockHolder | undefined;
}

/** A lock stayed busy. */
export class BusyError extends ConflictError {
  /** The process that holds the lock. Undefined if the lock's file does not name it. */
  readonly holder: LockHolder | undefined;

  /** The message is for the user. */
  constructor(message: string, options: BusyErrorOptions = {}) {
    super(message, options);
    this.holder = options.holder;
  }
}

/** Machines did not do something in the time that somebody waited for it. They may still do it. */
export class LateError extends ConflictError {}

/** The bytes are not as they should be, or the archive must not be unpacked. */
export class IntegrityError extends FtlError {
  /** See `EXIT`. */
  readonly exitCode: number = EXIT.integrity;
}

/**
 * A pointer in S3 names no revision. To repair it, bless a revision on condition of the pointer's
 * ETag.
 */
export class BrokenPointerError extends IntegrityError {
  /** The ETag of the pointer when it was read. */
  readonly etag: string;

  /** The message is for the user. */
  constructor(message: string, options: FtlErrorOptions & { readonly etag: string }) {
    super(message, options);
    this.etag = options.etag;
  }
}

/** A pointer, or a revision, is not signed as `FTL_TRUST` demands. */
export class UntrustedError extends IntegrityError {
  /** What was found of the signatures. */
  readonly verdict: BlessingVerdict;

  /** The message is for the user. */
  constructor(message: string, options: FtlErrorOptions & { readonly verdict: BlessingVerdict }) {
    super(message, options);
    this.verdict = options.verdict;
  }
}

/**
 * How a script ended: with an exit code, by a signal such as `SIGKILL`, or because it took longer than
 * `timeout` seconds.
 */
export type ScriptExit =
  | { readonly code: number }
  | { readonly signal: string }
  | { readonly timeout: number };

/** What a script error contains besides its message. */
export interface ScriptErrorOptions extends FtlErrorOptions {
  /** The revision that the script belongs to. */
  readonly revision: RevisionName;
  /** The script's step. */
  readonly step?: Step | undefined;
  /** How the run ended: `exit 3`, `ended by SIGKILL`, or why the script could not be started. */
  readonly outcome?: string | undefined;
  /** How the script ended. */
  readonly exit?: ScriptExit | undefined;
  /** The path of its log. */
  readonly log?: string | undefined;
}

/** A package script failed. */
export class ScriptError extends FtlError {
  /** See `EXIT`. */
  readonly exitCode: number = EXIT.script;
  /** The revision that the script belongs to. */
  readonly revision: RevisionName;
  /** The script's step. Undefined if it is not known which script did it. */
  readonly step: Step | undefined;
  /** How the run ended, for people. Undefined if no run was tried. */
  readonly outcome: string | undefined;
  /** How the script ended. Undefined if it could not be started, or if it failed in an earlier command. */
  readonly exit: ScriptExit | undefined;
  /** The path of the log with its output. Undefined if there is none. */
  readonly log: string | undefined;

  /** The message is for the user. */
  constructor(message: string, options: ScriptErrorOptions) {
    super(message, options);
    this.revision = options.revision;
    this.step = options.step;
    this.outcome = options.outcome;
    this.exit = options.exit;
    this.log = options.log;
  }
}

/**
 * Why S3 or the disk did not do what was asked. Code decides by this reason, and never reads
 * messages.
 *
 * - `denied`: the credentials have no right, or a policy, a key or a lock forbids it.
 * - `unauthenticated`: the store refuses the credentials themselves: unknown, wrong, or expired.
 * - `unreachable`: no answer came, or only a part of one.
 * - `busy`: the store cannot answer now: it throttles requests, or has a fault of its own.
 * - `full`: the disk is full, or the quota is used up.
 * - `unsupported`: the store does not support the request.
 * - `not-s3`: the answer is not from S3 but from a login page, a proxy or another service.
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

/** What a storage error contains besides its message. */
export interface StorageErrorOptions extends FtlErrorOptions {
  /** `other` by default. */
  reason?: StorageReason | undefined;
  /** Whether the same request may succeed a little later. */
  retryable?: boolean | undefined;
  /** The S3 action that failed, as IAM calls it, e.g. `s3:PutObject`. */
  action?: string | undefined;
  /** S3's own error code, e.g. `NotImplemented`. If S3 gave none, the HTTP status. */
  code?: string | undefined;
  /** The store's own message: one line, without control characters, with a limited length. */
  said?: string | undefined;
}

/** S3 or the disk is unreachable, denies access, or is full. */
export class StorageError extends FtlError {
  /** See `EXIT`. */
  readonly exitCode: number = EXIT.storage;
  /** The reason, by which code decides. */
  readonly reason: StorageReason;
  /** Whether the same request may succeed a little later. */
  readonly retryable: boolean;
  /** The S3 action that failed, as IAM calls it. */
  readonly action: string | undefined;
  /** S3's own error code. */
  readonly code: string | undefined;
  /** The store's own message. */
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

/**
 * The signals that end a command, with the exit code: 128 and the signal's number, as a shell
 * reports it.
 */
export const INTERRUPTIONS = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const;

/** A signal came while a command worked. */
export class InterruptedError extends FtlError {
  /** 128 and the signal's number. */
  readonly exitCode: number;
  readonly #insistence = new AbortController();

  /** Made when the first signal comes. */
  constructor(signal: keyof typeof INTERRUPTIONS) {
    super(`Interrupted by ${signal}`);
    this.exitCode = INTERRUPTIONS[signal];
  }

  /** Aborted when a second signal comes. From then on the command waits for nothing. */
  get insistence(): AbortSignal {
    return this.#insistence.signal;
  }

  /** Reports the second signal. */
  insist(): void {
    this.#insistence.abort();
  }
}

/** What an error about an unknown outcome contains besides its message. */
export interface OutcomeUnknownErrorOptions {
  /** What ended the command: mostly the reason of its signal. */
  readonly cause: unknown;
  /** What the write is about: `s3://deploys/my_site.rev`, or `any of 2 objects in s3://deploys`. */
  readonly what: string;
}

/** A command was ended before S3 answered whether a write succeeded. `cause` is what ended the command. */
export class OutcomeUnknownError extends FtlError {
  /** The exit code of the error or signal that ended the command. */
  readonly exitCode: number;
  /** What the write is about: `s3://deploys/my_site.rev`, or `any of 2 objects in s3://deploys`. */
  readonly what: string;

  /** `outcome` follows the message of `cause`. */
  constructor(outcome: string, { cause, what }: OutcomeUnknownErrorOptions) {
    super(`${messageOf(cause)} ${outcome}`, {
      cause,
      hint:
        "'ftl list --master' shows which revisions are in S3 and blessed: look before you try again",
    });
    this.exitCode = cause instanceof FtlError ? cause.exitCode : EXIT.storage;
    this.what = what;
  }
}

/** What was thrown, if it is an error. Otherwise an error with its text as the message. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
