/** What a revision unpacks to, wherever S3 tells it. */
import type { Bucket } from "../../bucket/bucket.ts";
import { FtlError, InterruptedError } from "../../errors.ts";
import { treeKey } from "../../revision/keys.ts";
import {
  type Metadata,
  readCount,
  readRevisionContent,
  type RevisionContent,
} from "../../revision/metadata.ts";
import type { RemoteRevision } from "../remote_package.ts";

/**
 * What the metadata of a revision says of its content. A large revision was uploaded while it was checked, so that
 * only its tree tells what it unpacks to: then that is asked with a HEAD. What nobody tells, or may not be read, is
 * unknown.
 *
 * @param told the metadata of the tree, if it was asked for already; empty if there is none
 */
export async function unpackedFacts(
  bucket: Bucket,
  remote: RemoteRevision,
  metadata: Metadata,
  told?: Metadata,
): Promise<RevisionContent> {
  const content = readRevisionContent(metadata);
  // What has no hash, no ftl has made; and so it has no tree.
  if (content.bytes !== undefined || content.sha256 === undefined) return content;
  const tree = told ?? await treeMetadata(bucket, remote);
  const { sha256, bytes, entries } = readRevisionContent(tree);
  const isOfIt = sha256 === content.sha256 && readCount(tree["ftl-size"]) === remote.object.size;
  return isOfIt ? { ...content, bytes, entries } : content;
}

async function treeMetadata(bucket: Bucket, remote: RemoteRevision): Promise<Metadata> {
  try {
    return (await bucket.head(treeKey(remote)))?.metadata ?? {};
  } catch (error) {
    if (!(error instanceof FtlError) || error instanceof InterruptedError) throw error;
    return {};
  }
}
