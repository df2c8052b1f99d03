/** What signs revisions, by `FTL_SIGN_KEY`. */
import type { Config } from "../../config.ts";
import { type Metadata, requireRoom, roomIn } from "../../revision/metadata.ts";
import { nextSignatureName, type RevisionFacts, revisionStatement } from "../statement.ts";
import { WriterTrust } from "../writer_trust.ts";
import { readTrustPolicy } from "./read_policy.ts";
import { openSigner, type SignerOptions } from "./signer.ts";

/**
 * Returns what adds a signature to the metadata of a revision. If there is no room for both, the tree's hash is left out.
 * That throws `UsageError` if S3 has no room for the signature, or if `FTL_TRUST` is set and does not let the key spool. Throws `UsageError` as `openSigner`, and for `FTL_TRUST`.
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
    const sign = async (metadata: Metadata): Promise<Metadata> => {
      const statement = revisionStatement({ bucket, ...revision, metadata });
      const signature = await signer.sign(statement);
      trust.requireCounted(signature, statement);
      return { ...metadata, [nextSignatureName(metadata)]: signature.base64 };
    };
    const signed = await sign(metadata);
    if (roomIn(signed) >= 0 || !("ftl-tree" in metadata)) {
      requireRoom(signed);
      return signed;
    }
    // Without it, machines that check signatures fetch the whole object.
    const { "ftl-tree": _, ...rest } = metadata;
    const shorter = await sign(rest);
    requireRoom(shorter);
    return shorter;
  };
}
