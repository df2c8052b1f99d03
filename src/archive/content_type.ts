/** Checks by its first bytes that a file has the format that its name says. */
import { IntegrityError } from "../errors.ts";
import { compressionOf, type Format } from "./format.ts";

const MAGICS: readonly [what: string, magic: readonly number[]][] = [
  ["gzip", [0x1f, 0x8b]], // RFC 1952, 2.3.1
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]], // RFC 8878, 3.1.1
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["zip", [0x50, 0x4b, 0x03, 0x04]],
];

/** So many bytes are needed to recognize a format. */
const START = 6;

/**
 * Passes on the bytes of `source`. Throws IntegrityError before the first byte if the format is
 * another one.
 */
export async function* requireFormat(
  format: Format,
  { source, name }: { source: AsyncIterable<Uint8Array>; name: string },
): AsyncGenerator<Uint8Array> {
  const start: number[] = [];
  const held: Uint8Array[] = [];
  for await (const chunk of source) {
    if (start.length >= START) {
      yield chunk;
      continue;
    }
    // Held chunks outlive the next turn of the source, which may reuse its buffer.
    held.push(start.length + chunk.length < START ? chunk.slice() : chunk);
    start.push(...chunk.subarray(0, START - start.length));
    if (start.length < START) continue;
    check(format, { start, name });
    yield* held;
  }
  if (start.length < START) {
    check(format, { start, name });
    yield* held;
  }
}

function check(format: Format, { start, name }: { start: number[]; name: string }): void {
  const wanted = compressionOf(format);
  if (format === "plain" || start.length < START) return;
  const found = MAGICS.find(([, magic]) => magic.every((byte, i) => start[i] === byte))?.[0];
  if (wanted === "none" && found === undefined || wanted === "zstd" && isSkippable(start)) return;
  if (found === wanted) return;
  const expected = wanted === "none" ? "tar" : wanted;
  throw new IntegrityError(
    found === undefined
      ? `${name} is not a ${expected} file`
      : `${name} is a ${found} file, not the ${expected} file that its name says`,
    { hint: "Give the file the ending that fits its content" },
  );
}

/** A zstd file may begin with a skippable frame: RFC 8878, 3.1.2. */
function isSkippable([a = 0, b, c, d]: number[]): boolean {
  return a >= 0x50 && a <= 0x5f && b === 0x2a && c === 0x4d && d === 0x18;
}
