/** Whom this machine trusts, for all its packages. */
import type { Bucket } from "../../bucket/bucket.ts";
import type { Context } from "../../context.ts";
import type { TrustPolicy } from "../../trust/policy.ts";
import type { PackageDir } from "../package_dir.ts";
import { PackageTrust } from "./package_trust.ts";
import { SignedRevisions } from "./signed_revisions.ts";
import { readKnownBlessing } from "./state.ts";
import { PointerJudge, readTrustPolicy } from "../../trust/trust.ts";

export class MachineTrust {
  readonly #context: Context;
  readonly policy: TrustPolicy;

  constructor(context: Context, policy: TrustPolicy) {
    this.#context = context;
    this.policy = policy;
  }

  /** Undefined without `FTL_TRUST`. Throws `UsageError` if it does not tell who may sign. */
  static async open(context: Context): Promise<MachineTrust | undefined> {
    const policy = await readTrustPolicy(context.config);
    return policy && new MachineTrust(context, policy);
  }

  of(pkg: PackageDir, bucket: Bucket): PackageTrust {
    const { now, report } = this.#context;
    const judge = new PointerJudge(this.policy, {
      circumstances: () => ({ known: readKnownBlessing(pkg), now: now() }),
      onDoubt: ({ message }) =>
        report({ type: "warning", message: `${message}; FTL_TRUST only warns` }),
    });
    return new PackageTrust(pkg, { judge, signed: new SignedRevisions(bucket, this.policy), now });
  }
}
