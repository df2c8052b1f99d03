/** How a file, folder or link on the disk differs from what was spooled. */
import { isMtimeOf, storedMtime } from "../write/mtime.ts";

/** `link`: a hard link has become a file of its own. `time`: the mtime. */
export const DIFFERENCES = ["type", "mode", "size", "content", "target", "link", "time"] as const;

/** One difference. */
export interface Difference {
  /** In what it differs. */
  readonly what: typeof DIFFERENCES[number];
  /** As it is on the disk, in words. Undefined for content. */
  readonly found?: string | undefined;
  /** As it was spooled, in words. Undefined for content. */
  readonly spooled?: string | undefined;
}

export type Kind = "file" | "folder" | "symlink";

/** What must be at a path. */
export interface Expected {
  readonly kind: Kind;
  /** Permission bits. Undefined for a symlink, which has none of its own. */
  readonly mode?: number | undefined;
  /** Seconds since 1970. Undefined if the archive does not tell. */
  readonly mtime?: number | undefined;
  /** Bytes. Undefined if it is not known yet, or if it is no file. */
  readonly size?: number | undefined;
  /** Of a symlink. */
  readonly target?: string | undefined;
}

/** Compares everything but the content of a file and the target of a symlink. */
export function compareAttributes(found: Deno.FileInfo, expected: Expected): Difference[] {
  const kind = kindOf(found);
  if (kind !== expected.kind) return [{ what: "type", found: kind, spooled: expected.kind }];
  const differences: Difference[] = [];
  const mode = (found.mode ?? 0) & 0o7777;
  if (expected.mode !== undefined && mode !== expected.mode) {
    differences.push({ what: "mode", found: octal(mode), spooled: octal(expected.mode) });
  }
  if (expected.size !== undefined && found.size !== expected.size) {
    differences.push({ what: "size", found: `${found.size}`, spooled: `${expected.size}` });
  }
  const { mtime } = expected;
  if (mtime !== undefined && found.mtime !== null && !isMtimeOf(found.mtime.getTime(), mtime)) {
    const at = { found: iso(found.mtime.getTime()), spooled: iso(mtime * 1000) };
    differences.push({ what: "time", ...at });
  }
  return differences;
}

/** Whether it has the very time that is stored for the expected one, and not one that a file system may store for it. */
export function hasExactTime(found: Deno.FileInfo, { mtime }: Expected): boolean {
  return mtime === undefined || found.mtime?.getTime() === storedMtime(mtime);
}

function kindOf({ isFile, isDirectory, isSymlink }: Deno.FileInfo): Kind | "special file" {
  if (isFile) return "file";
  return isDirectory ? "folder" : isSymlink ? "symlink" : "special file";
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

function iso(milliseconds: number): string {
  const time = new Date(milliseconds);
  return Number.isNaN(time.getTime()) ? `${milliseconds / 1000} s` : time.toISOString();
}
