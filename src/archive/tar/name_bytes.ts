/**
 * Decodes names, which are bytes in an archive and on a disk. The runtime's file calls take strings
 * and write them in UTF-8. So a name that is not UTF-8 cannot be written, and FTL writes no similar
 * name instead.
 */
import { IntegrityError } from "../../errors.ts";
import { shown } from "../entry.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A name or link target is not UTF-8. */
export class NotUtf8 extends Error {
  constructor(readonly bytes: Uint8Array, readonly what: "name" | "link target") {
    super(`its ${what} is not UTF-8`);
  }

  /** The error for the user. */
  explain(archive: string): IntegrityError {
    return new IntegrityError(
      `Refused ${
        escapeBytes(this.bytes)
      } in ${archive}: this ${this.what} is not UTF-8, and FTL's runtime can write no other names`,
      { hint: "Rename it before packing: 'convmv -f latin1 -t utf8' does that for a whole tree" },
    );
  }
}

/** Decodes a name or a link target. Throws `NotUtf8`. */
export function decodeName(bytes: Uint8Array, what: "name" | "link target"): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new NotUtf8(bytes.slice(), what);
  }
}

/** The same for a field of a header, which is a string with one byte per character. */
export function decodeField(name: string, what: "name" | "link target"): string {
  // deno-lint-ignore no-control-regex -- the whole of ASCII
  return /^[\x00-\x7f]*$/.test(name) ? name : decodeName(toBytes(name), what);
}

/**
 * A header's field for messages. If it is not UTF-8, `\xNN` replaces each character that is not
 * ASCII.
 */
export function shownField(name: string): string {
  const bytes = toBytes(name);
  try {
    return shown(utf8.decode(bytes));
  } catch {
    return escapeBytes(bytes);
  }
}

function escapeBytes(bytes: Uint8Array): string {
  return Array.from(
    bytes.subarray(0, 300),
    (byte) =>
      byte >= 0x20 && byte <= 0x7e
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, "0")}`,
  ).join("");
}

function toBytes(name: string): Uint8Array {
  return Uint8Array.from(name, (character) => character.charCodeAt(0));
}
