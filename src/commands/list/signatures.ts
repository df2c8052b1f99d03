/** What `ftl list` shows of signatures. Nothing of `src/trust` is loaded where nothing is signed and nobody trusted. */
import type { Context } from "../../context.ts";
import { isSigned, type Metadata } from "../../revision/metadata.ts";
import type { BlessingVerdict } from "../../revision/blessing_verdict.ts";
import type { JudgedPointer } from "../../trust/judge_blessing.ts";
import type { JudgedObject } from "../../trust/judge_revision.ts";
import type { TrustPolicy } from "../../trust/policy.ts";
import type { Signer } from "../../trust/verdict.ts";

/** What was found of the signatures of a revision, or of its blessing. */
export interface ListedTrust {
  /** Of a revision: `trusted`, `unsigned` or `refused`. */
  readonly verdict: BlessingVerdict;
  /** Who has signed it, as `FTL_TRUST` names them. */
  readonly by: readonly string[];
  /** Why it is not trusted, in words that are safe to print. */
  readonly why: string | undefined;
}

/** The signatures of a revision, or of its blessing. */
export interface ListedSignatures {
  /** How many there are, whoever made them. */
  readonly signatures: number;
  /** Undefined without `FTL_TRUST`: they were not checked. */
  readonly trust: ListedTrust | undefined;
}

/** Reads signatures, and judges them if `FTL_TRUST` is set. */
export class SignatureReader {
  readonly #policy: TrustPolicy | undefined;
  readonly #now: () => number;

  private constructor(policy: TrustPolicy | undefined, now: () => number) {
    this.#policy = policy;
    this.#now = now;
  }

  /** Throws `UsageError` if `FTL_TRUST` cannot be read. */
  static async open({ config, now }: Context): Promise<SignatureReader> {
    if (config.trust === undefined) return new SignatureReader(undefined, now);
    const { readTrustPolicy } = await import("../../trust/trust.ts");
    return new SignatureReader(await readTrustPolicy(config), now);
  }

  async ofRevision(object: JudgedObject): Promise<ListedSignatures> {
    const policy = this.#policy;
    const signatures = await countIn(object.metadata);
    if (policy === undefined) return { signatures, trust: undefined };
    const { judgeRevision } = await import("../../trust/trust.ts");
    return { signatures, trust: trustOf(judgeRevision(policy, object)) };
  }

  /** As a machine judges it that knows of no older blessing. */
  async ofPointer(pointer: JudgedPointer): Promise<ListedSignatures> {
    const policy = this.#policy;
    const signatures = await countIn(pointer.metadata);
    if (policy === undefined) return { signatures, trust: undefined };
    const { judgeBlessing } = await import("../../trust/trust.ts");
    const circumstances = { known: undefined, now: this.#now() };
    return { signatures, trust: trustOf(judgeBlessing(policy, pointer, circumstances)) };
  }
}

async function countIn(metadata: Metadata): Promise<number> {
  if (!isSigned(metadata)) return 0;
  const { signaturesIn } = await import("../../trust/trust.ts");
  return signaturesIn(metadata).length;
}

function trustOf(
  { verdict, by, why }: Omit<ListedTrust, "by"> & { readonly by: readonly Signer[] },
): ListedTrust {
  return { verdict, by: by.map(({ principals }) => principals), why };
}
