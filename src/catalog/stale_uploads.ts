/**
 * Uploads in parts that nobody will complete: their `ftl spool` was killed, or its machine lost power. They
 * are in no listing of objects, but cost as much as those.
 *
 * S3 does not tell whether an upload's sender still lives, so age has to: an upload that was begun a day ago
 * is nobody's any more. A younger one, which may be somebody's, is left to a later spool. A lifecycle rule of
 * the bucket that ends incomplete uploads does the same for packages that nobody spools again.
 */
import { packagePrefix, parseKey } from "../revision/keys.ts";
import type { PackageName } from "../revision/names.ts";
import type { Bucket } from "../bucket/bucket.ts";
import type { Context } from "../context.ts";

/** Milliseconds: no spool takes so long, by far. */
export const STALE_AFTER = 24 * 60 * 60 * 1000;

/**
 * Takes back the stale uploads of one package's revisions. Never throws: what is spooled is more important,
 * and the credentials need not allow `s3:ListBucketMultipartUploads`.
 */
export async function dropStaleUploads(
  context: Context,
  bucket: Bucket,
  packageName: PackageName,
): Promise<void> {
  try {
    for (const upload of await bucket.openUploads(packagePrefix(packageName))) {
      const isStale = context.now() - upload.begun > STALE_AFTER;
      if (isStale && parseKey(upload.key)?.kind === "revision") await bucket.dropUpload(upload);
    }
  } catch {
    // Left for the next spool.
  }
}
