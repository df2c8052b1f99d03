/** The room on a disk, and the rule when a disk counts as full. Sync and doctor use the same rule. */
import { statfsSync } from "node:fs";

export interface DiskRoom {
  /** Bytes that an ordinary user may still write. */
  readonly free: number;
  /** Size of the disk in bytes. */
  readonly size: number;
  /** Files that may still be made, and all files that fit. Undefined if the file system does not count them. */
  readonly inodes: { readonly free: number; readonly all: number } | undefined;
  /** Whether a sync refuses to write more. It leaves the rest of the disk to other programs. */
  readonly isFull: boolean;
}

/**
 * The reserve that a sync leaves to other programs: at most so many bytes, and at most this part of the disk.
 */
const LARGEST_RESERVE = 64 * 1024 * 1024;
const RESERVE = 0.01;

/**
 * A spare stays only where so many times its bytes are free, and this part of the disk, but no more than so many bytes.
 */
const SPARES = 2;
const SPARE_RESERVE = 0.1;
const LARGEST_SPARE_RESERVE = 4 * 1024 * 1024 * 1024;

/** The room on the disk that holds `path`. */
export function diskRoom(path: string): DiskRoom {
  const { bavail, blocks, bsize, ffree, files } = statfsSync(path);
  const free = bavail * bsize;
  const size = blocks * bsize;
  return {
    free,
    size,
    // A file system without a fixed number of inodes, such as Btrfs, reports 0.
    inodes: files === 0 ? undefined : { free: ffree, all: files },
    isFull: isFull({ free, size }),
  };
}

/** Whether less than the reserve is free. */
export function isFull({ free, size }: Pick<DiskRoom, "free" | "size">): boolean {
  return free < Math.min(LARGEST_RESERVE, size * RESERVE);
}

/** Whether the disk has room for a spare of so many bytes, which it holds already. */
export function hasRoomForSpare(
  { free, size }: Pick<DiskRoom, "free" | "size">,
  bytes: number,
): boolean {
  return free >= Math.max(SPARES * bytes, Math.min(SPARE_RESERVE * size, LARGEST_SPARE_RESERVE));
}
