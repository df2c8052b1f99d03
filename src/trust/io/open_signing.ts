/** What signs pointers, by `FTL_SIGN_KEY`, and whom its owner trusts, by `FTL_TRUST`. */
import type { Config } from "../../config.ts";
import { PointerSigner } from "../pointer_signer.ts";
import type { Signing } from "../signing.ts";
import { WriterTrust } from "../writer_trust.ts";
import { readTrustPolicy } from "./read_policy.ts";
import { openSigner, type SignerOptions } from "./signer.ts";

/** Undefined if `FTL_SIGN_KEY` is not set. Throws `UsageError` if one of the variables is not valid. */
export async function openPointerSigning(
  config: Config,
  options: SignerOptions,
): Promise<Signing | undefined> {
  const signer = await openSigner(config, options);
  if (signer === undefined) return undefined;
  const bucket = config.trustBucket ?? config.bucket;
  return new PointerSigner(signer, new WriterTrust(bucket, await readTrustPolicy(config)));
}
