/**
 * Turns the headers of a member into an entry, or refuses the member.
 *
 *     flag           is                    content after the header
 *     0, NUL, 7      a file                as many bytes as its size
 *     the same, with a name that ends in / a folder (before POSIX)   none, even if there is a size
 *     5              a folder              none, even if there is a size
 *     D              a folder (GNU)        as many bytes as its size; FTL ignores them
 *     1, 2           a link                none, even if there is a size
 *
 * Old writers left such a size without content, and GNU tar and bsdtar ignore it. If content
 * follows all the same, the reader finds it instead of a header, and refuses the member.
 */
import { IntegrityError } from "../../errors.ts";
import { type Entry, type EntryKind, shown } from "../entry.ts";
import type { Header } from "./header.ts";
import { decodeField } from "./name_bytes.ts";
import type { PaxRecords } from "./pax.ts";

const KINDS: Readonly<Record<string, EntryKind>> = {
  "0": "file",
  "1": "hardlink",
  "2": "symlink",
  "5": "directory",
  "7": "file", // a contiguous file: this concerns only speed
  "D": "directory",
};

const REFUSED: Readonly<Record<string, string>> = {
  "3": "a character device",
  "4": "a block device",
  "6": "a fifo",
  "S": "a sparse file",
  "M": "a part of a file that begins in another archive",
};

/** A header, with the facts from the extended headers before it. */
export interface Parts {
  readonly header: Header;
  readonly pax: PaxRecords;
  readonly longName: string | undefined;
  readonly longLink: string | undefined;
  readonly size: number;
  /** Whether the archive is in PAX format. In this format a hard link may have content. */
  readonly isPax: boolean;
}

interface TarMember {
  readonly entry: Entry;
  /** How many bytes of content follow. */
  readonly content: number;
  /** Whether the header has a size although no content should follow. */
  readonly hasIgnoredSize: boolean;
}

/** Makes a member from its headers. Throws `IntegrityError` and `NotUtf8`. */
export function toMember(
  { header, pax, longName, longLink, size, isPax }: Parts,
  archive: string,
): TarMember {
  const { flag, mode } = header;
  const name = pax.get("path") || longName || decodeField(header.name, "name");
  const refuse = (why: string): IntegrityError =>
    new IntegrityError(`Refused ${shown(name)} in ${archive}: ${why}`);
  if (hasRecord(pax, "GNU.sparse.")) throw refuse("it is a sparse file");
  if (hasRecord(pax, "GNU.volume.")) throw refuse("it is a part of an archive in several volumes");
  const isFolder = KINDS[flag] === "file" && name.endsWith("/"); // before POSIX
  const kind = isFolder ? "directory" : KINDS[flag];
  if (kind === undefined) {
    throw refuse(`it is ${REFUSED[flag] ?? `of the unknown type ${JSON.stringify(flag)}`}`);
  }
  // For such a link GNU tar reads no content, and bsdtar does.
  if (kind === "hardlink" && size > 0 && isPax) throw refuse("it is a link with content");
  const mtime = pax.get("mtime") ? Number(pax.get("mtime")) : header.mtime;
  if (mtime === undefined) throw refuse("its mtime is not a number");
  if (mode === undefined || mode < 0) throw refuse("its mode is not a number");
  const target = pax.get("linkpath") || longLink || decodeField(header.link, "link target");
  return {
    entry: { name, kind, mode: mode & 0o777, mtime, size: kind === "file" ? size : 0, target },
    content: kind === "file" || flag === "D" ? size : 0,
    hasIgnoredSize: kind !== "file" && flag !== "D" && size > 0,
  };
}

/**
 * Whether a record's key starts with `prefix`. Without such records, sparse files of GNU's PAX
 * formats 0.0, 0.1 and 1.0, and split files, look like plain ones.
 */
function hasRecord(pax: PaxRecords, prefix: string): boolean {
  for (const key of pax.keys()) if (key.startsWith(prefix)) return true;
  return false;
}
