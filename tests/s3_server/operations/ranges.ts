/** Byte ranges: RFC 9110, section 14. */
import { S3Error } from "../errors.ts";

/** Both ends belong to it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The range that a header asks for, of an object of `size` bytes; undefined for the whole object.
 *
 *     bytes=2-5     from 2 to 5, or to the end if that comes first
 *     bytes=2-      from 2 to the end
 *     bytes=-5      the last 5
 *     bytes=9-      beyond the end: InvalidRange (416)
 *     bytes=5-2, bytes=1-2,4-5, other units: ignored, as S3 does
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (match === null || (first === "" && last === "")) return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== "" && last !== "" && Number(last) < start) return undefined;
  if (start >= size || (first === "" && Number(last) === 0)) {
    throw new S3Error("InvalidRange", {
      details: { RangeRequested: header ?? "", ActualObjectSize: size },
      headers: { "Content-Range": `bytes */${size}` },
    });
  }
  return { start, end };
}
