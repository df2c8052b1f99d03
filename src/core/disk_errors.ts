/** What the system says about files, in the words of FTL. */
import { FtlError, messageOf, StorageError } from "./errors.ts";

const REASONS: Readonly<Record<string, { reason: string; hint?: string }>> = {
  ENOSPC: { reason: "the disk is full", hint: "Free some space, then run the command again" },
  EDQUOT: { reason: "the disk quota is used up", hint: "Raise the quota, or free some space" },
  EROFS: { reason: "the file system is read-only" },
  EACCES: { reason: "permission denied", hint: "Run ftl as the user who owns FTL_ROOT" },
  EPERM: { reason: "operation not permitted", hint: "Run ftl as the user who owns FTL_ROOT" },
  ENOTDIR: { reason: "not a directory" },
  EIO: { reason: "the disk reports an input/output error" },
  EMFILE: { reason: "too many open files", hint: "Raise the limit: ulimit -n" },
  ENOENT: { reason: "no such file or directory" },
};

/** The system's own code, e.g. `ENOSPC`, or undefined where the error is none of the system's. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? code : undefined;
}

/**
 * `Cannot write /srv/ftl/...: the disk is full`, from `what` and the error of a file call. An `FtlError`
 * stays what it is, and so does an error that is not the system's: a fault of FTL's own.
 */
export function explainDiskError(error: unknown, what: string): unknown {
  const code = systemCode(error);
  if (error instanceof FtlError || code === undefined) return error;
  const known = REASONS[code];
  return new StorageError(`${what}: ${known?.reason ?? messageOf(error)}`, {
    cause: error,
    hint: known?.hint,
  });
}
