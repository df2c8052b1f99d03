/** Whom a command trusts: `FTL_TRUST` and the variables beside it, read. */
import { createHash } from "node:crypto";
import type { Config } from "../config.ts";
import type { AllowedSigner, SkippedLine } from "./allowed_signers.ts";

export interface TrustPolicy {
  /** Whether what is not trusted is refused. Otherwise it is reported. */
  readonly isEnforced: boolean;
  /** The bucket that was signed for. */
  readonly bucket: string;
  readonly signers: readonly AllowedSigner[];
  /** Lines of the file that nobody is trusted by. */
  readonly skipped: readonly SkippedLine[];
  /** The file's path, or `FTL_TRUST` if that has the keys themselves. */
  readonly source: string;
  /** Of how many people a blessing needs a signature. */
  readonly threshold: number;
  /** No blessing before it is trusted, in Unix milliseconds. */
  readonly since: number | undefined;
  /** Days after which a blessing is so old that it is worth a warning. 0: never. */
  readonly maxAge: number;
  /** Hexadecimal. Another one shows that what was trusted must be judged anew. */
  readonly digest: string;
}

/** What `FTL_TRUST` itself says, without the variables beside it. */
export type TrustSource = Pick<TrustPolicy, "isEnforced" | "signers" | "skipped" | "source">;

/** Throws `UsageError` for a variable that is not valid. */
export function trustPolicy(config: Config, source: TrustSource): TrustPolicy {
  const rest = {
    bucket: config.trustBucket ?? config.bucket,
    threshold: config.trustThreshold,
    since: config.trustSince,
  };
  const keys = source.signers.map(({ key, line: _line, ...limits }) => [key.fingerprint, limits]);
  const text = JSON.stringify([source.isEnforced, keys, rest.bucket, rest.threshold, rest.since]);
  const digest = createHash("sha256").update(text).digest("hex");
  return { ...source, ...rest, maxAge: config.trustMaxAge, digest };
}
