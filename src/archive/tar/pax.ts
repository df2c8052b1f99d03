/**
 * Parses PAX extended headers: records `LENGTH KEY=VALUE\n` in front of an entry
 * (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "pax Extended Header").
 */

import { decodeName } from "./name_bytes.ts";
import { isZero } from "./header.ts";

export type PaxRecords = ReadonlyMap<string, string>;

/** Decodes ASCII, or any bytes that are only compared. */
const ascii = new TextDecoder("latin1");

/**
 * The keys whose values FTL uses. The other values may have any bytes, as those of extended
 * attributes.
 */
const USED = new Set(["path", "linkpath", "size", "mtime"]);

/**
 * The records of one extended header. Some writers pad it with NULs. Throws a plain Error that says
 * what is wrong with the records, and `NotUtf8` for a name that cannot be written.
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

/** Decodes a value that FTL uses. In POSIX an empty value is the same as no record. */
function decodeUsed(key: string, value: Uint8Array): string {
  const text = key === "path" || key === "linkpath"
    ? decodeName(withoutNuls(value), key === "path" ? "name" : "link target")
    : ascii.decode(value);
  // An empty size is refused: some readers ignore it, and some take it for 0.
  if (key === "size" && !/^[0-9]{1,15}$/.test(text)) throw new Error("its size is not a number");
  if (key === "mtime" && !/^([+-]?([0-9]{1,15}(\.[0-9]*)?|\.[0-9]+))?$/.test(text)) {
    throw new Error("its mtime is not a number");
  }
  return text;
}

/**
 * Removes the NULs at the end, which some writers include. A NUL before them is for the rules to
 * refuse.
 */
function withoutNuls(value: Uint8Array): Uint8Array {
  let end = value.length;
  while (end > 0 && value[end - 1] === 0) end--;
  return value.subarray(0, end);
}
