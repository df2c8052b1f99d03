/** What signs revisions, by `FTL_SIGN_KEY`. */
import type { Config } from "../../config.ts";
import { type Metadata, requireRoom } from "../../revision/metadata.ts";
import { nextSignatureName, type RevisionFacts, revisionStatement } from "../statement.ts";
import { WriterTrust } from "../writer_trust.ts";
import { readTrustPolicy } from "./read_policy.ts";
import { openSigner, type SignerOptions } from "./signer.ts";

/**
 * Returns what adds a signature to the metadata of a revision. That throws `UsageError` if S3 has no room for it, or if
 * `FTL_TRUST` is set and does not let the key spool. Throws `UsageError` as `openSigner`, and for `FTL_TRUST`.
 */
export async function openRevisionSigner(
  config: Config,
  options: SignerOptions,
): Promise<(revision: Omit<RevisionFacts, "bucket">) => Promise<Metadata>> {
  const signer = await openSigner(config, options);
  const bucket = config.trustBucket ?? config.bucket;
  const trust = new WriterTrust(bucket, await readTrustPolicy(config));
  return async ({ metadata, ...revision }) => {
    if (signer === undefined) return metadata;
    const statement = revisionStatement({ bucket, ...revision, metadata });
    const signature = await signer.sign(statement);
    trust.requireCounted(signature, statement);
    const signed = { ...metadata, [nextSignatureName(metadata)]: signature.base64 };
    requireRoom(signed);
    return signed;
  };
}
