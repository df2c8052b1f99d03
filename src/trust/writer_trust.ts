/**
 * Judges what the signer of a pointer vouches for: what it names, and what it takes over from the old one. It must be
 * trusted by `FTL_TRUST`, or without it by the key that signs.
 *
 * Which key that is shows only once it has signed. Until then those keys are believed that say they have signed what
 * is there, so that what nobody has signed needs no touch of a token. Then all is judged again.
 */
import { IntegrityError, UntrustedError, UsageError } from "../errors.ts";
import type { BlessingVerdict } from "../revision/blessing_verdict.ts";
import { pointerKey } from "../revision/keys.ts";
import { type Metadata, readSha256 } from "../revision/metadata.ts";
import { type PackageName, type RevisionId, revisionName } from "../revision/names.ts";
import { type OldTrust, parsePointer, readBlessing } from "../revision/pointer.ts";
import { decodeBase64 } from "./base64.ts";
import { judgeBlessing } from "./judge_blessing.ts";
import { judgeRevision } from "./judge_revision.ts";
import type { TrustPolicy } from "./policy.ts";
import { parsePublicKey, type PublicKey } from "./public_key.ts";
import { NO_OPTIONS } from "./signer_options.ts";
import type { PointerParts, Signature, SigningRequest, Target } from "./signing.ts";
import { parseSshSignature } from "./sshsig.ts";
import { signaturesIn, type Statement } from "./statement.ts";
import { judge } from "./verdict.ts";
import { explainVerdict } from "./words.ts";

/** Whom the writer trusts. */
export type WriterPolicy = Pick<TrustPolicy, "bucket" | "signers" | "threshold" | "since">;

/** What is there before a change. */
type Before = Pick<
  SigningRequest<PointerParts>,
  "package" | "old" | "followsOld" | "target" | "now"
>;

export class WriterTrust {
  readonly bucket: string;
  readonly #policy: WriterPolicy | undefined;

  /**
   * @param bucket the name that is signed for
   * @param policy by `FTL_TRUST`. Undefined: only the key that signs is trusted
   */
  constructor(bucket: string, policy: WriterPolicy | undefined) {
    this.bucket = bucket;
    this.#policy = policy;
  }

  /** Of how many people a blessing needs a signature. */
  get threshold(): number {
    return this.#policy?.threshold ?? 1;
  }

  /** @param own the key that signs */
  policyWith(own: PublicKey): WriterPolicy {
    return this.#policy ?? this.only([own]);
  }

  /** A policy that trusts these keys alone. */
  only(keys: readonly PublicKey[]): WriterPolicy {
    const signers = keys.map((key) => {
      return { ...NO_OPTIONS, principals: key.fingerprint, key, line: undefined };
    });
    return { bucket: this.bucket, signers, threshold: 1, since: undefined };
  }

  /**
   * Whether the old pointer is trusted. Throws `UntrustedError` if it is followed and is not, or if the target is not.
   *
   * @param own the key that signs. Undefined if it is not known yet
   */
  require(before: Before, own: PublicKey | undefined): OldTrust {
    const { package: name, followsOld, target } = before;
    const { trust, verdict, why } = this.#judgeOld(before, own);
    if (followsOld && trust !== "trusted") {
      const hint =
        `Look at it (ftl verify --master ${name}), then bless for all first: ftl jump --master ${name}.<id>`;
      throw new UntrustedError(`${pointerKey(name)} is not trusted: ${why}`, {
        verdict,
        hint: this.#withAdvice(hint, trust),
      });
    }
    if (target !== undefined) this.#requireTarget(name, target, own);
    return trust;
  }

  /** Whether as many people have signed the old pointer as must: then machines obey it, too. */
  hasEnough({ package: name, old, now }: Before): boolean {
    if (this.#policy === undefined || old === undefined) return true;
    const pointer = { package: name, ...old };
    return judgeBlessing(this.#policy, pointer, { known: undefined, now }).verdict === "trusted";
  }

  /**
   * Of several people, one may be a thief of a key. What only one has named is not taken over from there: each object
   * in the pointer must be what S3 has, and trusted. Throws `IntegrityError` if it is not.
   */
  async requireNamed(
    { package: name, target, describe }: Pick<
      SigningRequest<PointerParts>,
      "package" | "target" | "describe"
    >,
    pointer: PointerParts,
    own: PublicKey | undefined,
  ): Promise<void> {
    const id = parsePointer(pointer.text, { key: pointerKey(name), packageName: name });
    const { object, next } = readBlessing(id, pointer.metadata);
    for (const named of [{ id, object }, ...(next === undefined ? [] : [next])]) {
      const key = named.object?.key ?? "";
      const found = named.id === target?.id ? target : await describe({ id: named.id, key });
      if (found === undefined) throw anotherObject(name, named.id);
      requireSameObject(name, pointer, found);
      this.#requireTarget(name, found, own);
    }
  }

  /** Throws `UsageError` if the key may not sign this: each machine that trusts the same would refuse it. */
  requireCounted({ base64 }: Signature, statement: Statement): void {
    if (this.#policy === undefined) return;
    const { signers } = this.#policy;
    const judged = judge({ statement, signatures: [base64], signers, threshold: 1 });
    if (judged.verdict === "trusted") return;
    const why = explainVerdict(judged);
    throw new UsageError(`FTL_TRUST does not take what FTL_SIGN_KEY signed: ${why}`, {
      hint:
        "Machines that trust the same would refuse it: sign with another key, or correct FTL_TRUST",
    });
  }

  #judgeOld(
    { package: name, old, now }: Before,
    own: PublicKey | undefined,
  ): {
    readonly trust: OldTrust;
    readonly verdict: BlessingVerdict;
    readonly why: string | undefined;
  } {
    // What is not there says nothing that could be wrong.
    if (old === undefined) return { trust: "trusted", verdict: "trusted", why: undefined };
    const { text, metadata } = old;
    // A second person adds the signature that is missing.
    const policy = { ...this.#policyFor(metadata, own), threshold: 1 };
    const { verdict, why } = judgeBlessing(policy, { package: name, text, metadata }, {
      ...{ known: undefined, now },
    });
    const trust = verdict === "trusted" || verdict === "unsigned" ? verdict : "refused";
    return { trust, verdict, why };
  }

  #requireTarget(name: PackageName, target: Target, own: PublicKey | undefined): void {
    const { verdict, why } = judgeRevision(this.#policyFor(target.metadata, own), target);
    if (verdict === "trusted") return;
    const revision = revisionName({ package: name, id: target.id });
    const hint =
      `Look at it (ftl verify --master ${revision}), then spool it signed: with FTL_SIGN_KEY`;
    const message = verdict === "unsigned"
      ? `Nobody has signed what was spooled: ${revision}`
      : `${revision} is not trusted: ${why}`;
    throw new UntrustedError(message, { verdict, hint: this.#withAdvice(hint, verdict) });
  }

  #policyFor(metadata: Metadata, own: PublicKey | undefined): WriterPolicy {
    return this.#policy ?? this.only(own === undefined ? claimedKeys(metadata) : [own]);
  }

  /** What was signed may be good, and only of others. */
  #withAdvice(hint: string, trust: OldTrust): string {
    if (this.#policy !== undefined || trust === "unsigned") return hint;
    return `${hint}. Only the key of FTL_SIGN_KEY is trusted: to trust others, set FTL_TRUST to who may sign`;
  }
}

/** The keys that signatures say they are of. */
function claimedKeys(metadata: Metadata): PublicKey[] {
  return signaturesIn(metadata).flatMap((signature) => {
    try {
      const blob = decodeBase64(signature);
      return blob === undefined ? [] : [parsePublicKey(parseSshSignature(blob).publicKey)];
    } catch (error) {
      if (error instanceof IntegrityError) return [];
      throw error;
    }
  });
}

/**
 * Who adds a signature vouches for what is in S3 now, so the pointer must name just that. Throws `IntegrityError` if it
 * does not.
 */
export function requireSameObject(
  name: PackageName,
  { text, metadata }: PointerParts,
  target: Target,
): void {
  const id = parsePointer(text, { key: pointerKey(name), packageName: name });
  const { object, next } = readBlessing(id, metadata);
  const named = target.id === id ? object : next?.object;
  const sha256 = readSha256(target.metadata["ftl-sha256"]);
  const isSame = named?.key === target.key && named.size === target.size &&
    named.sha256 === sha256;
  // It may be left out, but none may stand there that nobody has signed.
  const isOfTree = named?.tree === undefined ||
    named.tree === readSha256(target.metadata["ftl-tree"]);
  if (isSame && isOfTree) return;
  throw anotherObject(name, target.id);
}

function anotherObject(name: PackageName, id: RevisionId): IntegrityError {
  const revision = revisionName({ package: name, id });
  return new IntegrityError(`${pointerKey(name)} names another object than S3 has of ${revision}`, {
    hint:
      `Look at it (ftl verify --master ${revision}), then bless it anew: ftl jump --master ${revision} --again`,
  });
}
