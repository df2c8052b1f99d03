/** One member of an archive, as the reader hands it to the rules and the rules to a writer. */

export type EntryKind = "file" | "directory" | "symlink" | "hardlink";

export interface Entry {
  /** The path as the archive has it; `rules.ts` turns it into a safe one. */
  name: string;
  kind: EntryKind;
  /** Permission bits, without setuid, setgid and sticky. */
  mode: number;
  /** Seconds since 1970, with a fraction where the archive tells it; may be negative. */
  mtime: number | undefined;
  /** Bytes of content that follow, where that is known before; 0 for all but files. */
  size: number | undefined;
  /** What a symlink points to, or the earlier entry that a hard link names. */
  target: string;
}

/** Receives an archive in its order. Every call is synchronous; what it throws ends the reading. */
export interface EntryHandler {
  /** What follows lies in `chunk`. */
  beginChunk?(chunk: Uint8Array): void;
  /** They are over. The memory of `chunk` may be taken by then, which leaves it without length. */
  endChunk?(): void;
  /** A new member begins; the one before is complete. */
  begin(entry: Entry): void;
  /** A piece of its content. The bytes are only valid during the call. */
  data(piece: Uint8Array): void;
  /** All of the current member's bytes have been handed over. */
  finish(): void;
}

/** A name for messages: quoted where it has anything that could confuse a terminal or a reader. */
export function shown(name: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what this is about
  const plain = /^[^\x00-\x20\x7f-\x9f"\\\u200e\u200f\u2028-\u202e\u2066-\u2069]+$/.test(name);
  const short = name.length > 300 ? `${name.slice(0, 300)}...` : name;
  if (plain) return short;
  return JSON.stringify(short).replace(
    /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
