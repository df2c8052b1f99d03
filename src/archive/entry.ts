/** The type of an archive's entry. The reader passes it to the rules, and the rules to a writer. */

export type EntryKind = "file" | "directory" | "symlink" | "hardlink";

export interface Entry {
  /** The path as it is in the archive. `rules.ts` turns it into a safe one. */
  name: string;
  kind: EntryKind;
  /** Permission bits, without setuid, setgid and sticky. */
  mode: number;
  /** Seconds since 1970, with a fraction if the archive has one. May be negative. */
  mtime: number | undefined;
  /** Bytes of content that follow, if known. 0 for everything but files. */
  size: number | undefined;
  /** The target of a symlink, or the earlier entry that a hard link names. */
  target: string;
}

/**
 * Receives an archive's entries in their order. Every call is synchronous. An error ends the
 * reading.
 */
export interface EntryHandler {
  /** The next calls concern entries in `chunk`. */
  beginChunk?(chunk: Uint8Array): void;
  /**
   * The calls for the chunk are over. Its memory may have been transferred; then its length is 0.
   */
  endChunk?(): void;
  /** A new member begins. The one before is complete. */
  begin(entry: Entry): void;
  /** A piece of the member's content. The bytes are valid only during the call. */
  data(piece: Uint8Array): void;
  /** All bytes of the current member were passed. */
  finish(): void;
}

/**
 * A name for messages. It is quoted if it contains anything that may confuse a terminal or a
 * reader.
 */
export function shown(name: string): string {
  // deno-lint-ignore no-control-regex -- this function escapes control characters
  const plain = /^[^\x00-\x20\x7f-\x9f"\\\u200e\u200f\u2028-\u202e\u2066-\u2069]+$/.test(name);
  const short = name.length > 300 ? `${name.slice(0, 300)}...` : name;
  if (plain) return short;
  return JSON.stringify(short).replace(
    /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
