/** What a long listing tells of a revision in S3 besides its name. */
import type { Bucket } from "../../bucket/bucket.ts";
import type { PointerContent } from "../../catalog/pointer.ts";
import { unpackedFacts } from "../../catalog/delta/facts.ts";
import type { RemoteRevision } from "../../catalog/remote_package.ts";
import { type Note, readNote } from "../../revision/metadata.ts";
import {
  compareNames,
  type PackageName,
  type RevisionId,
  type RevisionName,
  revisionName,
} from "../../revision/names.ts";
import type { ListedSignatures, SignatureReader } from "./signatures.ts";

/** Details that only the object itself has. Each object costs a request. */
export interface RevisionDetails extends Note, Partial<ListedSignatures> {
  /** SHA-256 of the object in hexadecimal. */
  readonly sha256?: string | undefined;
  /** Bytes it unpacks to. */
  readonly bytes?: number | undefined;
  /** Entries it unpacks to. */
  readonly entries?: number | undefined;
}

/** The story of the blessed revision. */
export interface RevisionBlessing extends Note, Partial<ListedSignatures> {
  /** The name of the revision that was blessed before. Undefined if none was. */
  readonly replaced: RevisionName | undefined;
}

/** What the pointer tells of one revision. */
export interface PointerStory {
  readonly blessing?: RevisionBlessing;
  /** Who replaced it by an older one, when and why. */
  readonly left?: Note;
}

/**
 * A person who goes back to an older revision says what is wrong with the newer one. So the note belongs to the
 * newer one, too.
 */
export function blessingOf(
  id: RevisionId,
  { id: blessed, replaced, note, signed }: PointerContent & {
    readonly signed: ListedSignatures | undefined;
  },
  packageName: PackageName,
): PointerStory {
  if (id === blessed) {
    const name = replaced && revisionName({ package: packageName, id: replaced });
    return { blessing: { ...note, replaced: name, ...signed } };
  }
  const wentBack = replaced !== undefined && compareNames(blessed, replaced) < 0;
  return wentBack && id === replaced ? { left: note } : {};
}

export async function readDetails(
  bucket: Bucket,
  remote: RemoteRevision,
  reader: SignatureReader,
): Promise<RevisionDetails> {
  const { key, object } = remote;
  const { metadata = {}, checksum, size = object.size } = await bucket.head(key) ?? {};
  // Its tree is no detail for people: the hash tells them nothing.
  const { tree: _, ...content } = await unpackedFacts(bucket, remote, metadata);
  const sha256 = checksum?.algorithm === "sha256" ? checksum.hex : undefined;
  const signed = await reader.ofRevision({ key, size, metadata });
  return { ...content, sha256: content.sha256 ?? sha256, ...readNote(metadata), ...signed };
}
