/**
 * Removes stale multipart uploads: nobody will complete them, because their `ftl spool` was killed or its
 * machine lost power. No listing of objects shows them, but they cost as much as objects.
 *
 * S3 does not show whether an upload's sender is still alive, so its age decides: an upload that began a day
 * ago is stale. A younger one may be in use, and a later spool looks at it again. A lifecycle rule of the
 * bucket that ends incomplete uploads does the same for packages that nobody spools again.
 */
import { packagePrefix, parseKey } from "../revision/keys.ts";
import type { PackageName } from "../revision/names.ts";
import type { Bucket } from "../bucket/bucket.ts";
import type { Context } from "../context.ts";

/** Milliseconds. By far no spool takes so long. */
export const STALE_AFTER = 24 * 60 * 60 * 1000;

/**
 * Removes the stale uploads of one package's revisions. Never throws: the new revision is more important, and
 * the credentials need not allow `s3:ListBucketMultipartUploads`.
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
    // The next spool tries again.
  }
}
