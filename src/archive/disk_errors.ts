/** What a failed file call means to the user. */
import { FtlError, messageOf, StorageError } from "../core/errors.ts";

const CAUSES: Readonly<Record<string, { why: string; hint: string }>> = {
  ENOSPC: { why: "no space left on the disk", hint: "Free some space, or purge old revisions" },
  EDQUOT: { why: "the disk quota is used up", hint: "Free some space, or raise the quota" },
  EFBIG: { why: "the file is too large for this file system", hint: "Use another file system" },
  EROFS: { why: "the file system is read-only", hint: "Mount it for writing" },
  EACCES: {
    why: "permission denied",
    hint: "Give the user that runs ftl the right to write there",
  },
  EPERM: { why: "not permitted", hint: "Give the user that runs ftl the right to write there" },
  EMFILE: { why: "too many open files", hint: "Raise the limit: ulimit -n" },
  ENFILE: { why: "too many open files on this machine", hint: "Raise fs.file-max" },
  EIO: { why: "the disk failed", hint: "See dmesg" },
};

/** A StorageError that names `path`; an error that was meant for the user stays as it is. */
export function explainDisk(error: unknown, path: string): FtlError {
  if (error instanceof FtlError) return error;
  const code = (error as { code?: unknown } | null)?.code;
  const known = typeof code === "string" ? CAUSES[code] : undefined;
  const why = known?.why ?? messageOf(error);
  return new StorageError(`Cannot write ${path}: ${why}`, { hint: known?.hint, cause: error });
}
