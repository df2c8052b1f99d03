/** Turns errors of the file system into FTL's errors, with a reason and a hint. */
import { FtlError, messageOf, StorageError, UsageError } from "./errors.ts";

const REASONS: Readonly<Record<string, { reason: string; hint?: string }>> = {
  ENOSPC: { reason: "the disk is full", hint: "Free some space, then run the command again" },
  EDQUOT: { reason: "the disk quota is used up", hint: "Raise the quota, or free some space" },
  EFBIG: {
    reason: "the file is larger than the limit",
    hint: "Raise the limit: that of ulimit -f, or that of the file system",
  },
  EMLINK: { reason: "the folder has as many subfolders as the file system allows" },
  ESTALE: { reason: "the network file system has lost the file", hint: "Mount it again" },
  EUCLEAN: { reason: "the file system is damaged", hint: "See dmesg, and check it with fsck" },
  EROFS: { reason: "the file system is read-only", hint: "Mount it for writing" },
  EACCES: { reason: "permission denied", hint: "Run ftl as the user who owns FTL_ROOT" },
  EPERM: { reason: "operation not permitted", hint: "Run ftl as the user who owns FTL_ROOT" },
  ENOTDIR: {
    reason: "not a directory",
    hint: "Something else is where a folder should be: move it",
  },
  EIO: { reason: "the disk reports an input/output error", hint: "See dmesg" },
  EMFILE: { reason: "too many open files", hint: "Raise the limit: ulimit -n" },
  ENOENT: { reason: "no such file or directory" },
  EBUSY: { reason: "it is in use, for example as a mount point", hint: "Unmount it" },
  EXDEV: {
    reason: "it is on another file system",
    hint: "All of a package's folder must be on one disk: only the folder itself may be a link",
  },
  ENOLCK: {
    reason: "the file system has no locks available",
    hint: "On NFS, start rpc.statd, or mount it with local_lock=flock",
  },
  EOPNOTSUPP: {
    reason: "the file system does not support this operation",
    hint: "FTL needs locks, links and renames: set FTL_ROOT to a folder on another disk",
  },
};

/** Error numbers of Linux. For these, the runtime says only `os error 122`, without a name. */
const UNNAMED: Readonly<Record<string, string>> = {
  "11": "EAGAIN",
  "12": "ENOMEM",
  "23": "ENFILE",
  "24": "EMFILE",
  "26": "ETXTBSY",
  "27": "EFBIG",
  "31": "EMLINK",
  "37": "ENOLCK",
  "95": "EOPNOTSUPP",
  "116": "ESTALE",
  "117": "EUCLEAN",
  "122": "EDQUOT",
};
const OS_ERROR = / \(os error ([0-9]+)\)/;

/** The system's own code, e.g. `ENOSPC`. Undefined if the error does not come from the system. */
export function systemCode(error: unknown): string | undefined {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === "string") return code === "ENOTSUP" ? "EOPNOTSUPP" : code;
  const number = OS_ERROR.exec(String(message))?.[1];
  return number === undefined ? undefined : UNNAMED[number] ?? `errno ${number}`;
}

/** The system's message, without the call and its paths, which the runtime adds at the end. */
function systemReason(error: unknown): string {
  const message = messageOf(error);
  const found = OS_ERROR.exec(message);
  return found === null ? message : message.slice(0, found.index + found[0].length);
}

/**
 * Adds to the error of a file call what FTL tried, as in `Cannot write /srv/ftl/...: the disk is
 * full`. An `FtlError` stays as it is. An error that is not the system's is a fault of FTL's own,
 * and stays too.
 */
export function explainDiskError(error: unknown, what: string): unknown {
  const code = systemCode(error);
  if (error instanceof FtlError) return error;
  if (isSpecialPlace(error)) {
    return new UsageError(`${what}: it lies below /dev, /proc or /sys`, {
      cause: error,
      hint:
        "The runtime does not let programs with limited permissions in there: use another folder, " +
        "such as a tmpfs mounted elsewhere",
    });
  }
  if (code === undefined) return error;
  const known = REASONS[code];
  return new StorageError(`${what}: ${known?.reason ?? systemReason(error)}`, {
    cause: error,
    hint: known?.hint,
    reason: code === "ENOSPC" || code === "EDQUOT" ? "full" : "other",
  });
}

/** Deno lets only programs with all permissions open files below /dev, /proc and /sys. It has no code for that. */
function isSpecialPlace(error: unknown): boolean {
  return error instanceof Error && error.name === "NotCapable" &&
    /Requires all access/.test(error.message);
}
