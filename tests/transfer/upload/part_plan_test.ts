/** Which parts of an object are sent, and which are copied from another one. */
import fc from "fast-check";
import type { Frame } from "../../../src/archive/pack/frames.ts";
import {
  evenParts,
  partSizeFor,
  type PlannedPart,
  planParts,
} from "../../../src/transfer/upload/part_plan.ts";
import { assert, assertEquals } from "../../assert.ts";

const M = 1024 * 1024;

Deno.test("partSizeFor() keeps to what S3 takes: 5 MiB at least, 10,000 parts at most", () => {
  const cases: [size: number, part: number][] = [
    [1, 1],
    [16 * M, 16 * M],
    [16 * M + 1, 5 * M],
    [50_000 * M, 5 * M],
    [50_001 * M, 6 * M],
  ];
  for (const [size, part] of cases) assertEquals(partSizeFor(size), part, String(size));
  const largest = 5 * 1024 * 1024 * M;
  assertEquals(Math.ceil(largest / partSizeFor(largest)) <= 10_000, true);
});

Deno.test("evenParts() cuts parts of one size, and a shorter one at the end", () => {
  assertEquals(shown(evenParts(3)), "send 0 B");
  assertEquals(evenParts(3), [{ offset: 0, length: 3 }]);
  assertEquals(shown(evenParts(18 * M)), "send 5, send 5, send 5, send 3");
});

/** Frames named by letters, each with its MiB: `a3 b2`. */
function framesOf(text: string): Frame[] {
  return text.split(" ").filter((word) => word !== "").map((word) => ({
    sha256: word.slice(0, 1),
    length: Number(word.slice(1)) * M,
  }));
}

function shown(parts: readonly PlannedPart[]): string {
  const size = (bytes: number): string => bytes < M ? "0 B" : String(bytes / M);
  return parts.map(({ length, start }) =>
    start === undefined ? `send ${size(length)}` : `copy ${size(length)}@${start / M}`
  ).join(", ");
}

Deno.test("planParts() copies what the base has, and sends no part below 5 MiB but the last", () => {
  const cases: [why: string, base: string, frames: string, parts: string][] = [
    ["nothing is known", "", "a9 b9", "send 5, send 5, send 5, send 3"],
    ["all is the same", "a9 b9", "a9 b9", "copy 5@0, copy 5@5, copy 5@10, copy 3@15"],
    ["one request is enough", "a9 b7", "a9 b7", "send 16"],
    ["only the end differs", "a9 b9 c1", "a9 b9 d1", "copy 6@0, copy 6@6, copy 6@12, send 1"],
    [
      "the beginning borrows from what follows",
      "a1 b9 c9",
      "x1 b9 c9",
      "send 5, copy 5@5, copy 5@10, copy 4@15",
    ],
    [
      "a change borrows from what follows",
      "a9 b1 c9 d9",
      "a9 x1 c9 d9",
      "copy 9@0, send 5, copy 5@14, copy 5@19, copy 4@24",
    ],
    [
      "or from what comes before",
      "a9 b4 c5 d9 e1",
      "a9 x4 c5 y9 e1",
      "copy 8@0, send 5, copy 5@13, send 5, send 5",
    ],
    [
      "or takes the next run with it",
      "a5 b1 c5 d1 e9",
      "a5 x1 c5 y1 e9",
      "copy 5@0, send 7, copy 5@12, copy 4@17",
    ],
    ["short runs are sent", "a4 b4 c4 d4 e4", "a4 x4 c4 y4 e4", "send 5, send 5, send 5, send 5"],
    ["frames that moved", "a9 b9", "b9 a9", "copy 9@9, copy 5@0, copy 4@5"],
    ["a frame that comes twice", "a9 b1", "a9 a9", "copy 9@0, copy 5@0, copy 4@5"],
    ["something new in between", "a9 b9", "a9 x7 b9", "copy 9@0, send 7, copy 5@9, copy 4@14"],
    [
      "a run of many frames",
      "a2 b2 c2 d2 e2 f2 g9",
      "a2 b2 c2 d2 e2 f2 h9",
      "copy 6@0, copy 6@6, send 5, send 4",
    ],
    ["a run that moved to the end", "a6 b5 c7", "x6 y1 c7 b5", "send 7, copy 7@11, copy 5@6"],
  ];
  for (const [why, base, frames, parts] of cases) {
    assertEquals(shown(planParts({ base: framesOf(base), frames: framesOf(frames) })), parts, why);
  }
});

const someFrames = fc.array(
  fc.record({
    sha256: fc.constantFrom(..."abcdefghijkl"),
    length: fc.constant(0),
  }).map(({ sha256 }) => ({ sha256, length: 1 + (sha256.charCodeAt(0) * 977_731) % (4 * M) })),
  { minLength: 1, maxLength: 60 },
);

Deno.test("planParts() makes whole objects of parts that S3 takes, and copies only equal bytes", () => {
  fc.assert(
    fc.property(someFrames, someFrames, (base, frames) => {
      const parts = planParts({ base, frames });
      const size = frames.reduce((sum, { length }) => sum + length, 0);
      let at = 0;
      for (const [index, { offset, length, start }] of parts.entries()) {
        assertEquals(offset, at);
        at += length;
        assert(length > 0 && (size <= 16 * M || length < 10 * M));
        if (index < parts.length - 1) assert(length >= 5 * M);
        if (start === undefined) continue;
        assertEquals(bytesAt(base, start, length), bytesAt(frames, offset, length));
      }
      assertEquals(at, size);
    }),
    { numRuns: 300 },
  );
});

/** What a piece of an object consists of: pieces of frames. */
function bytesAt(frames: readonly Frame[], from: number, length: number): string[] {
  const pieces: string[] = [];
  let at = 0;
  for (const frame of frames) {
    const begin = Math.max(from, at);
    const end = Math.min(from + length, at + frame.length);
    if (begin < end) pieces.push(`${frame.sha256} ${begin - at}-${end - at}`);
    at += frame.length;
  }
  return pieces;
}
