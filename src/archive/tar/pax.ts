/**
 * PAX extended headers: records `LENGTH KEY=VALUE\n` in front of an entry
 * (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "pax Extended Header").
 */

import { decodeName } from "./name_bytes.ts";
import { isZero } from "./header.ts";

export type PaxRecords = ReadonlyMap<string, string>;

/** Bytes of ASCII, or of anything as long as it is only compared. */
const ascii = new TextDecoder("latin1");

/** Keys whose values FTL uses; the others may hold any bytes, as extended attributes do. */
const USED = new Set(["path", "linkpath", "size", "mtime"]);

/**
 * The records of one extended header. Some writers fill it up with NULs. Throws a plain Error that says what is
 * wrong with them, and `NotUtf8` for a name that cannot be written.
 */
export function parsePax(bytes: Uint8Array): Map<string, string> {
  const records = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] === 0 && isZero(bytes.subarray(at))) break;
    const space = bytes.indexOf(0x20, at);
    const digits = ascii.decode(bytes.subarray(at, space < 0 ? bytes.length : space));
    if (!/^[1-9][0-9]{0,8}$/.test(digits)) throw new Error("a record has no length");
    const end = at + Number(digits);
    if (end > bytes.length || bytes[end - 1] !== 0x0a) {
      throw new Error("a record has a wrong length");
    }
    const equals = bytes.indexOf(0x3d, space);
    if (equals <= space + 1 || equals >= end) throw new Error("a record has no key");
    const key = ascii.decode(bytes.subarray(space + 1, equals));
    const value = bytes.subarray(equals + 1, end - 1);
    records.set(key, USED.has(key) ? decodeUsed(key, value) : "");
    at = end;
  }
  return records;
}

/** An empty value is as good as no record: POSIX. */
function decodeUsed(key: string, value: Uint8Array): string {
  const text = key === "path" || key === "linkpath"
    ? decodeName(withoutNuls(value), key === "path" ? "name" : "link target")
    : ascii.decode(value);
  // Not of a size: readers take it for none, or for 0.
  if (key === "size" && !/^[0-9]{1,15}$/.test(text)) throw new Error("its size is no number");
  if (key === "mtime" && !/^([+-]?([0-9]{1,15}(\.[0-9]*)?|\.[0-9]+))?$/.test(text)) {
    throw new Error("its mtime is no number");
  }
  return text;
}

/** Without the NULs at the end, which some writers count in. One before it is for the rules to refuse. */
function withoutNuls(value: Uint8Array): Uint8Array {
  let end = value.length;
  while (end > 0 && value[end - 1] === 0) end--;
  return value.subarray(0, end);
}
