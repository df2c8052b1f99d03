/**
 * Where the zstd frames of a packed folder lie, as text:
 *
 *     ftl-frames 1
 *     <bytes> <SHA-256 of these bytes, in hex>      one line a frame, in their order
 *
 * The frames follow each other without a gap, from the object's first byte to its last. Nobody needs
 * to trust the list: S3 tells the checksum of what it copies by it.
 */
import { IntegrityError } from "../../errors.ts";

export interface Frame {
  /** Bytes, compressed. */
  readonly length: number;
  /** SHA-256 of the compressed bytes, in hex. */
  readonly sha256: string;
}

/** More of them are not read. */
const MOST_FRAMES = 1_000_000;
const HEAD = "ftl-frames 1";
const LINE = /^([1-9][0-9]{0,9}) ([0-9a-f]{64})$/;

export function formatFrames(frames: readonly Frame[]): string {
  const lines = frames.map(({ length, sha256 }) => `${length} ${sha256}\n`);
  return `${HEAD}\n${lines.join("")}`;
}

/** Throws IntegrityError if the text is not one that `formatFrames` makes. */
export function parseFrames(text: string): Frame[] {
  const lines = text.split("\n", MOST_FRAMES + 2);
  if (lines.shift() !== HEAD || lines.pop() !== "") throw new IntegrityError("No list of frames");
  return lines.map((line) => {
    const [, length, sha256] = LINE.exec(line) ?? [];
    if (sha256 === undefined) throw new IntegrityError("A damaged list of frames");
    return { length: Number(length), sha256 };
  });
}
