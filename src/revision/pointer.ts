/**
 * Reads and writes a package's pointer, `<package>.rev` in S3, and the blessing that it contains.
 */
import { IntegrityError } from "../errors.ts";
import { quote } from "../foreign_text.ts";
import { type Metadata, type Note, noteMetadata, readNote } from "./metadata.ts";
import { isRevisionId, type PackageName, type RevisionId } from "./names.ts";

/** Which revision every machine should run, and who decided it. */
export interface Blessing {
  /** The blessed revision's id. */
  readonly id: RevisionId;
  /** The id that was blessed before. */
  readonly replaced: RevisionId | undefined;
  readonly note: Note;
}

/** What a machine remembers of the pointer since the last sync, in `.ftl/master.json`. */
export interface PointerState {
  /** Key, ETag and time of the object. If they differ from S3's, the pointer has changed. */
  readonly version: string;
  readonly blessed: RevisionId;
  readonly replaced?: RevisionId | undefined;
}

/**
 * The id that the text of a `.rev` (or `.current`, `.previous`) names. The text is a revision's
 * name, as FTL writes it, or the bare id. White space around it, which an editor may leave, is
 * ignored. Throws `IntegrityError`.
 */
export function parsePointer(
  text: string,
  { key, packageName }: { key: string; packageName: PackageName },
): RevisionId {
  const name = text.trim();
  const prefix = `${packageName}.`;
  const id = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  if (isRevisionId(id)) return id;
  throw new IntegrityError(`${key} in S3 names no revision of ${packageName}: ${quote(name)}`, {
    hint: `Bless one again: ftl jump --master ${packageName}.<id>`,
  });
}

export function blessingMetadata(blessing: Blessing): Record<string, string> {
  const encoded = noteMetadata(blessing.note);
  if (blessing.replaced !== undefined) encoded["ftl-replaced"] = blessing.replaced;
  return encoded;
}

export function readBlessing(id: RevisionId, metadata: Metadata): Blessing {
  const replaced = metadata["ftl-replaced"];
  return {
    id,
    replaced: isRevisionId(replaced) ? replaced : undefined,
    note: readNote(metadata),
  };
}
