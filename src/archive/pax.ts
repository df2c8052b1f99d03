/**
 * PAX extended headers: records `LENGTH KEY=VALUE\n` in front of an entry
 * (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "pax Extended Header").
 */

export type PaxRecords = ReadonlyMap<string, string>;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const latin1 = new TextDecoder("latin1");

/** Keys whose values FTL uses; the others may hold any bytes, as extended attributes do. */
const USED = new Set(["path", "linkpath", "size", "mtime"]);

/** The records of one extended header. Throws a plain Error that says what is wrong with them. */
export function parsePax(bytes: Uint8Array): Map<string, string> {
  const records = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at);
    const digits = latin1.decode(bytes.subarray(at, space < 0 ? bytes.length : space));
    if (!/^[1-9][0-9]{0,8}$/.test(digits)) throw new Error("a record has no length");
    const end = at + Number(digits);
    if (end > bytes.length || bytes[end - 1] !== 0x0a) {
      throw new Error("a record has a wrong length");
    }
    const equals = bytes.indexOf(0x3d, space);
    if (equals <= space + 1 || equals >= end) throw new Error("a record has no key");
    const key = latin1.decode(bytes.subarray(space + 1, equals));
    const value = bytes.subarray(equals + 1, end - 1);
    records.set(key, USED.has(key) ? decodeUsed(key, value) : "");
    at = end;
  }
  return records;
}

function decodeUsed(key: string, value: Uint8Array): string {
  let text: string;
  try {
    text = utf8.decode(value);
  } catch {
    throw new Error(`its ${key} is no UTF-8: ${escapeBytes(value)}`);
  }
  if (key === "size" && !/^[0-9]{1,15}$/.test(text)) throw new Error("its size is no number");
  if (key === "mtime" && !/^-?[0-9]{1,15}(\.[0-9]*)?$/.test(text)) {
    throw new Error("its mtime is no number");
  }
  return text;
}

/** Bytes for a message: ASCII as it is, the others as `\xNN`. */
export function escapeBytes(bytes: Uint8Array): string {
  return latin1.decode(bytes.subarray(0, 300)).replace(
    /[^\x20-\x7e]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
