/** Whether the disk has room for what is fetched, before and while it is written. */
import { StorageError } from "../../errors.ts";
import { diskRoom } from "../../machine/disk/room.ts";
import type { RevisionContent } from "../../revision/metadata.ts";

/** Bytes on the disk that a file needs beyond its content: half a block on average, and its directory entry. */
const BYTES_PER_FILE = 2304;

/** Throws `StorageError` before the first byte if, by the metadata, the disk lacks room. */
export function requireSpace(
  path: string,
  { bytes, entries }: Pick<RevisionContent, "bytes" | "entries">,
): void {
  if (bytes === undefined) return;
  const { free, inodes } = diskRoom(path);
  const needed = bytes + (entries ?? 0) * BYTES_PER_FILE;
  if (needed > free) {
    throw new StorageError(
      `No room for ${inMegabytes(needed)} MB on the disk of ${path}: ${inMegabytes(free)} MB free`,
      { hint: "Free some space, or remove old revisions: ftl purge", reason: "full" },
    );
  }
  if (inodes !== undefined && (entries ?? 0) > inodes.free) {
    throw new StorageError(
      `No room for ${entries} files on the disk of ${path}: ${inodes.free} inodes free`,
      { reason: "full" },
    );
  }
}

/** Throws `StorageError` before the disk is completely full, which would also stop other programs. */
export function requireReserve(path: string): void {
  const { free, isFull } = diskRoom(path);
  if (!isFull) return;
  throw new StorageError(
    `Cannot unpack: the disk is full: ${inMegabytes(free)} MB free on ${path}`,
    {
      hint: "Free some space, or remove old revisions: ftl purge",
      reason: "full",
    },
  );
}

function inMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
