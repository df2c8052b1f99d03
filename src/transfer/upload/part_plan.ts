/**
 * Decides in which parts an object is uploaded, and which of them S3 copies from another object, the
 * base, instead of getting them sent.
 *
 *     a run of frames that the base has in the same order      becomes
 *     at least a part long                                     copies
 *     shorter                                                  sent with what is around it
 *
 *     what is sent between two runs     becomes
 *     at least a part long              parts of this length, or a little more
 *     shorter, next run long enough     one part, with so much of the next run's beginning
 *     the same with the run before      one part, with so much of that run's end
 *     shorter, both runs too short      one with the next run: that is sent too
 *
 * S3 takes no part below 5 MiB but the last one, and at most 10,000 of them:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
import type { Frame } from "../../archive/pack/frames.ts";

/** A part of an object. Each begins where the one before ends. */
export interface PlannedPart {
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** Where the same bytes begin in the base. Undefined if it has to be sent. */
  readonly start?: number;
}

const MEBIBYTE = 1024 * 1024;
/** In bytes. Up to this size one request is as fast as several. */
const LARGEST_SINGLE_PUT = 16 * MEBIBYTE;
/**
 * The smallest part that S3 accepts, in bytes. A small part matters because parts under way are in
 * memory.
 */
const LEAST_PART = 5 * MEBIBYTE;
const MOST_PARTS = 10_000;

/** The size in bytes of each part but the last, for an object of `size` bytes that is sent. */
export function partSizeFor(size: number): number {
  if (size <= LARGEST_SINGLE_PUT) return Math.max(size, 1);
  const least = Math.ceil(size / MOST_PARTS / MEBIBYTE) * MEBIBYTE;
  return Math.max(LEAST_PART, least);
}

/** The parts of an object of which nothing is copied. */
export function evenParts(size: number): PlannedPart[] {
  return split({ offset: 0, length: size, isLast: true }, partSizeFor(size));
}

interface FrameLists {
  readonly frames: readonly Frame[];
  /** The frames of the base. */
  readonly base: readonly Frame[];
}

/**
 * The parts of an object that consists of `frames`. All but the last have at least the size that
 * `partSizeFor` gives, and less than twice as much.
 */
export function planParts({ frames, base }: FrameLists): PlannedPart[] {
  const size = frames.reduce((sum, { length }) => sum + length, 0);
  if (size <= LARGEST_SINGLE_PUT) return evenParts(size);
  const partSize = partSizeFor(size);
  const runs = runsOf({ frames, base }).filter(({ length }) => length >= partSize);
  const segments = filledUp(withGaps(runs, size), partSize);
  return segments.flatMap((segment, index) =>
    split({ ...segment, isLast: index === segments.length - 1 }, partSize)
  );
}

interface Segment {
  offset: number;
  length: number;
  start?: number;
}

type Run = Required<Segment>;

/** The longest runs of frames that the base has in the same order. */
function runsOf({ frames, base }: FrameLists): Run[] {
  const places = new Map<string, { index: number; start: number }>();
  let at = 0;
  for (const [index, { length, sha256 }] of base.entries()) {
    if (!places.has(sha256)) places.set(sha256, { index, start: at });
    at += length;
  }
  const runs: Run[] = [];
  let run: Run | undefined;
  let next = 0;
  let offset = 0;
  for (const { length, sha256 } of frames) {
    const place = places.get(sha256);
    if (run !== undefined && base[next]?.sha256 === sha256) {
      run.length += length;
      next++;
    } else if (place === undefined) {
      run = undefined;
    } else {
      runs.push(run = { offset, length, start: place.start });
      next = place.index + 1;
    }
    offset += length;
  }
  return runs;
}

/** The runs, and between them what has to be sent. */
function withGaps(runs: readonly Run[], size: number): Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  for (const run of runs) {
    if (run.offset > at) segments.push({ offset: at, length: run.offset - at });
    segments.push({ ...run });
    at = run.offset + run.length;
  }
  if (size > at) segments.push({ offset: at, length: size - at });
  return segments;
}

/** Makes everything that is sent at least a part long, except at the end. */
function filledUp(segments: readonly Segment[], partSize: number): Segment[] {
  const filled: Segment[] = [];
  for (const [index, segment] of segments.entries()) {
    const before = filled.at(-1);
    if (segment.start === undefined) {
      if (before?.start === undefined && before !== undefined) before.length += segment.length;
      else filled.push({ ...segment });
      continue;
    }
    const lack = before === undefined || before.start !== undefined
      ? 0
      : Math.max(0, partSize - before.length);
    const isLast = index === segments.length - 1;
    if (lack === 0 || before === undefined) filled.push({ ...segment });
    else if (segment.length - lack >= (isLast ? 1 : partSize)) {
      before.length += lack;
      filled.push(withoutBeginning(segment as Run, lack));
    } else if ((filled.at(-2)?.length ?? 0) - lack >= partSize) {
      const previous = filled.at(-2) as Segment;
      previous.length -= lack;
      before.offset -= lack;
      before.length += lack;
      filled.push({ ...segment });
    } else before.length += segment.length;
  }
  return filled;
}

function withoutBeginning({ offset, length, start }: Run, bytes: number): Run {
  return { offset: offset + bytes, length: length - bytes, start: start + bytes };
}

/** Cuts a segment into parts. The last one of an object may be short; others are made longer instead. */
function split(
  { offset, length, start, isLast }: Segment & { isLast: boolean },
  partSize: number,
): PlannedPart[] {
  const count = isLast ? Math.ceil(length / partSize) : Math.max(1, Math.floor(length / partSize));
  const parts: PlannedPart[] = [];
  let at = 0;
  for (let left = count; at < length; left--) {
    // Each of the others gets its share of what remains, so none is below the least.
    const share = isLast ? Math.min(partSize, length - at) : Math.floor((length - at) / left);
    const part = { offset: offset + at, length: share };
    parts.push(start === undefined ? part : { ...part, start: start + at });
    at += share;
  }
  return parts;
}
