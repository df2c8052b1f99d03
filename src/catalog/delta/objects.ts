/**
 * Trees and patches in the bucket. All of them may be missing at any time, and who can write to the bucket may have
 * written anything: what is read here is only known to be of the revision that its metadata names.
 */
import { hashTree, MAX_TREE_BYTES, packTree, unpackTree } from "../../archive/tree/tree.ts";
import { TreeText } from "../../archive/tree/tree_text.ts";
import type { Bucket } from "../../bucket/bucket.ts";
import { IntegrityError } from "../../errors.ts";
import { patchKey, treeKey } from "../../revision/keys.ts";
import {
  readCount,
  readRevisionContent,
  type RevisionContent,
  revisionMetadata,
} from "../../revision/metadata.ts";
import type { Revision, RevisionId } from "../../revision/names.ts";

/**
 * Bytes of the largest patch. Who applies it has it in memory, and one that is larger saves no more than minutes on the
 * slowest lines.
 */
export const MAX_PATCH_BYTES = 32 << 20;

/** What a tree is of. */
export interface TreeFacts extends RevisionContent {
  /** SHA-256 of the revision's object, in hexadecimal. */
  readonly sha256: string;
  /** Bytes of the revision's object. */
  readonly size: number;
  /** SHA-256 of the tree's text, in hexadecimal. */
  readonly tree: string;
}

/** A tree that was read, and fits its own hash. Its lines may be anything. */
export interface StoredTree {
  readonly facts: TreeFacts;
  readonly text: TreeText;
  /** Bytes that were downloaded for it. */
  readonly moved: number;
}

/** Throws `StorageError`. */
export async function putTree(
  bucket: Bucket,
  revision: Revision,
  { facts, text, signal }: {
    readonly facts: TreeFacts;
    readonly text: Uint8Array;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const metadata = { ...revisionMetadata(facts), "ftl-size": String(facts.size) };
  await bucket.putBytes(treeKey(revision), packTree(text), { metadata, signal });
}

/**
 * Undefined if there is none. Throws `IntegrityError` if it is damaged, or is not what its own metadata says, and
 * `StorageError`.
 */
export async function getTree(
  bucket: Bucket,
  revision: Revision,
  signal: AbortSignal,
): Promise<StoredTree | undefined> {
  const key = treeKey(revision);
  const found = await bucket.getBytes(key, { limit: MAX_TREE_BYTES, signal });
  if (found === undefined) return undefined;
  const { sha256, tree: hash, ...content } = readRevisionContent(found.metadata);
  const size = readCount(found.metadata["ftl-size"]);
  if (sha256 === undefined || hash === undefined || size === undefined) {
    throw new IntegrityError(`s3://${bucket.name}/${key} does not tell what it is of`);
  }
  const text = unpackTree(found.bytes);
  if (hashTree(text) !== hash) {
    throw new IntegrityError(`s3://${bucket.name}/${key} is not the tree that it says it is`);
  }
  const facts = { ...content, sha256, size, tree: hash };
  return { facts, text: new TreeText(text), moved: found.bytes.length };
}

/** @param base the revision that the patch is for. Throws `StorageError` */
export async function putPatch(
  bucket: Bucket,
  revision: Revision,
  { base, bytes, signal }: {
    readonly base: RevisionId;
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  await bucket.putBytes(patchKey(revision, base), bytes, { metadata: {}, signal });
}
