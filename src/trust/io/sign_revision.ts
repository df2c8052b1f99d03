/** What signs revisions, by `FTL_SIGN_KEY`. */
import type { Config } from "../../config.ts";
import { type Metadata, requireRoom } from "../../revision/metadata.ts";
import { nextSignatureName, type RevisionFacts, revisionStatement } from "../statement.ts";
import { openSigner, type SignerOptions } from "./signer.ts";

/**
 * Returns what adds a signature to the metadata of a revision. That throws `UsageError` if S3 has no room for it.
 * Throws `UsageError` as `openSigner`.
 */
export async function openRevisionSigner(
  config: Config,
  options: SignerOptions,
): Promise<(revision: Omit<RevisionFacts, "bucket">) => Promise<Metadata>> {
  const signer = await openSigner(config, options);
  const bucket = config.trustBucket ?? config.bucket;
  return async ({ metadata, ...revision }) => {
    if (signer === undefined) return metadata;
    const { base64 } = await signer.sign(revisionStatement({ bucket, ...revision, metadata }));
    const signed = { ...metadata, [nextSignatureName(metadata)]: base64 };
    requireRoom(signed);
    return signed;
  };
}
