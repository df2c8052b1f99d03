/**
 * What the headers of a member say together: an entry, or why there can be none.
 *
 *     flag           is                    content follows
 *     0, NUL, 7      a file                its size
 *     the same, with a name that ends in / a folder (before POSIX)   none, whatever the size
 *     5              a folder              none, whatever the size
 *     D              a folder (GNU)        its size, a list that means nothing here
 *     1, 2           a link                none, whatever the size
 *
 * A size without content is what old writers left there, and what GNU tar and bsdtar read so. Where content
 * follows all the same, the reader comes upon it in place of a header, and refuses the member.
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
  "7": "file", // contiguous, which is a matter of speed
  "D": "directory",
};

const REFUSED: Readonly<Record<string, string>> = {
  "3": "a character device",
  "4": "a block device",
  "6": "a fifo",
  "S": "a sparse file",
  "M": "a part of a file that begins in another archive",
};

/** A header with what came before it. */
export interface Parts {
  readonly header: Header;
  readonly pax: PaxRecords;
  readonly longName: string | undefined;
  readonly longLink: string | undefined;
  readonly size: number;
  /** Whether the archive is in PAX format, in which a hard link may have content. */
  readonly isPax: boolean;
}

export interface TarMember {
  readonly entry: Entry;
  /** Bytes of content that follow. */
  readonly content: number;
  /** Whether its size speaks of content that is not there. */
  readonly isSizeIdle: boolean;
}

/** Throws `IntegrityError`, and `NotUtf8`. */
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
  // Here GNU tar sees no content, bsdtar does.
  if (kind === "hardlink" && size > 0 && isPax) throw refuse("it is a link with content");
  const mtime = pax.get("mtime") ? Number(pax.get("mtime")) : header.mtime;
  if (mtime === undefined) throw refuse("its mtime is no number");
  if (mode === undefined || mode < 0) throw refuse("its mode is no number");
  const target = pax.get("linkpath") || longLink || decodeField(header.link, "link target");
  return {
    entry: { name, kind, mode: mode & 0o777, mtime, size: kind === "file" ? size : 0, target },
    content: kind === "file" || flag === "D" ? size : 0,
    isSizeIdle: kind !== "file" && flag !== "D" && size > 0,
  };
}

/** Sparse files of GNU's PAX formats 0.0, 0.1 and 1.0, and split ones, look like plain ones otherwise. */
function hasRecord(pax: PaxRecords, prefix: string): boolean {
  for (const key of pax.keys()) if (key.startsWith(prefix)) return true;
  return false;
}
