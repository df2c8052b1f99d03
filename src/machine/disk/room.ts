/** The room on a disk, and when a disk counts as full: one rule for the sync that fills it and the doctor. */
import { statfsSync } from "node:fs";

export interface DiskRoom {
  /** Bytes that an ordinary user may still write. */
  readonly free: number;
  /** Bytes in all. */
  readonly size: number;
  /** Files that may still be made, and in all; undefined where the file system does not count them. */
  readonly inodes: { readonly free: number; readonly all: number } | undefined;
  /** Whether a sync would refuse to write any more: what is left is for others. */
  readonly isFull: boolean;
}

/** What is left to others of a disk that fills: bytes, and the part of the whole disk. */
const LARGEST_RESERVE = 64 * 1024 * 1024;
const RESERVE = 0.01;

/** The room on the disk that `path` lies on. */
export function diskRoom(path: string): DiskRoom {
  const { bavail, blocks, bsize, ffree, files } = statfsSync(path);
  const free = bavail * bsize;
  const size = blocks * bsize;
  return {
    free,
    size,
    // Some file systems count no inodes and say 0 of 0.
    inodes: files === 0 ? undefined : { free: ffree, all: files },
    isFull: isFull({ free, size }),
  };
}

/** Whether less is left than what is for others. */
export function isFull({ free, size }: Pick<DiskRoom, "free" | "size">): boolean {
  return free < Math.min(LARGEST_RESERVE, size * RESERVE);
}
