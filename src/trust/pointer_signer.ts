/**
 * Signs pointers. Who signs one vouches for what it names and for what it takes over from the old one, so both must
 * be trusted: by `FTL_TRUST`, or without it by the key that signs.
 *
 * Which key that is shows only once it has signed. Until then those keys are believed that say they have signed what
 * is there, so that what nobody has signed needs no touch of a token. Afterwards all is judged again. If the old
 * pointer is of another key after all, the change may be another one: then it is signed once more.
 */
import { IntegrityError, UsageError } from "../errors.ts";
import { pointerKey } from "../revision/keys.ts";
import { type Metadata, readSha256, requireRoom, withoutSignatures } from "../revision/metadata.ts";
import { type PackageName, revisionName } from "../revision/names.ts";
import { type OldTrust, parsePointer, readBlessing } from "../revision/pointer.ts";
import type { AllowedSigner } from "./allowed_signers.ts";
import { decodeBase64 } from "./base64.ts";
import { judgeBlessing } from "./judge_blessing.ts";
import { judgeRevision } from "./judge_revision.ts";
import type { TrustPolicy } from "./policy.ts";
import { parsePublicKey, type PublicKey } from "./public_key.ts";
import { NO_OPTIONS } from "./signer_options.ts";
import type {
  Added,
  PointerParts,
  Signature,
  SignedChange,
  Signer,
  Signing,
  SigningRequest,
  Target,
} from "./signing.ts";
import { parseSshSignature } from "./sshsig.ts";
import { blessingStatement, nextSignatureName, signaturesIn, type Statement } from "./statement.ts";
import { judge } from "./verdict.ts";
import { explainVerdict } from "./words.ts";

type Policy = Pick<TrustPolicy, "bucket" | "signers" | "threshold" | "since">;

interface Judged {
  readonly trust: OldTrust;
  readonly why: string | undefined;
}

export class PointerSigner implements Signing {
  readonly #signer: Signer;
  readonly #bucket: string;
  readonly #policy: Policy | undefined;

  /**
   * @param bucket the name that is signed for
   * @param policy whom the writer trusts. Undefined: only the key that signs
   */
  constructor(signer: Signer, { bucket, policy }: { bucket: string; policy: Policy | undefined }) {
    this.#signer = signer;
    this.#bucket = bucket;
    this.#policy = policy;
  }

  async sign<Made extends PointerParts>(
    request: SigningRequest<Made>,
  ): Promise<SignedChange<Made>> {
    const { package: name, old, target, make } = request;
    let policy = this.#policy;
    for (;;) {
      const believed = this.#requireTrusted(request, policy);
      const made = make(believed);
      const pointer = made ?? old;
      if (pointer === undefined) throw new Error("there is nothing to sign");
      if (made === undefined && target !== undefined) requireSameObject(name, pointer, target);
      const statement = blessingStatement({ bucket: this.#bucket, package: name, ...pointer });
      const signature = await this.#signer.sign(statement);
      policy ??= this.#policyOf([signature.key]);
      const trust = this.#requireTrusted(request, policy);
      if (trust !== believed) continue;
      this.#requireCounted(signature, statement);
      if (made === undefined) {
        return {
          kind: "same",
          addTo: (present) => this.#add(request, present, { statement, signature }),
        };
      }
      const metadata = { ...made.metadata, [nextSignatureName(made.metadata)]: signature.base64 };
      requireRoom(metadata);
      return { kind: "changed", made: { ...made, metadata }, trust, missing: this.#missing(1) };
    }
  }

  async signAnew(pointer: PointerParts & { readonly package: PackageName }): Promise<Metadata> {
    const metadata = withoutSignatures(pointer.metadata);
    const statement = blessingStatement({ bucket: this.#bucket, ...pointer, metadata });
    const signature = await this.#signer.sign(statement);
    const signed = { ...metadata, [nextSignatureName(metadata)]: signature.base64 };
    requireRoom(signed);
    return signed;
  }

  /** @param policy undefined while it is not known which key signs */
  #requireTrusted<Made extends PointerParts>(
    request: SigningRequest<Made>,
    policy: Policy | undefined,
  ): OldTrust {
    const { package: name, followsOld, target } = request;
    const { trust, why } = this.#judgeOld(request, policy);
    if (followsOld && trust !== "trusted") {
      throw new IntegrityError(`${pointerKey(name)} is not trusted: ${why}`, {
        hint: this.#hint(
          `Look at it (ftl verify --master ${name}), then bless for all first: ` +
            `ftl jump --master ${name}.<id>`,
          trust,
        ),
      });
    }
    if (target !== undefined) this.#requireTarget(name, target, policy);
    return trust;
  }

  #judgeOld<Made extends PointerParts>(
    { package: name, old, now }: SigningRequest<Made>,
    policy: Policy | undefined,
  ): Judged {
    // What is not there says nothing that could be wrong.
    if (old === undefined) return { trust: "trusted", why: undefined };
    const judging = { ...(policy ?? this.#policyOf(claimedKeys(old.metadata))), threshold: 1 };
    const { text, metadata } = old;
    const { verdict, why } = judgeBlessing(judging, { package: name, text, metadata }, {
      known: undefined,
      now,
    });
    if (verdict === "trusted" || verdict === "unsigned") return { trust: verdict, why };
    return { trust: "refused", why };
  }

  #requireTarget(name: PackageName, target: Target, policy: Policy | undefined): void {
    const judging = policy ?? this.#policyOf(claimedKeys(target.metadata));
    const { verdict, why } = judgeRevision(judging, target);
    if (verdict === "trusted") return;
    const revision = revisionName({ package: name, id: target.id });
    const hint =
      `Look at it (ftl verify --master ${revision}), then spool it signed: with FTL_SIGN_KEY`;
    if (verdict === "unsigned") {
      throw new IntegrityError(`Nobody has signed what was spooled: ${revision}`, { hint });
    }
    throw new IntegrityError(`${revision} is not trusted: ${why}`, {
      hint: this.#hint(hint, verdict),
    });
  }

  /** What was signed may be good, and only of others. */
  #hint(hint: string, trust: OldTrust): string {
    if (this.#policy !== undefined || trust === "unsigned") return hint;
    return `${hint}. Without FTL_TRUST only the key of FTL_SIGN_KEY is trusted: set it to who may sign`;
  }

  /** A key that nobody trusts would stop each machine at what it runs. */
  #requireCounted({ base64 }: Signature, statement: Statement): void {
    if (this.#policy === undefined) return;
    const { signers } = this.#policy;
    const verdict = judge({ statement, signatures: [base64], signers, threshold: 1 });
    if (verdict.verdict === "trusted") return;
    throw new UsageError(
      `FTL_TRUST does not take what FTL_SIGN_KEY signed: ${explainVerdict(verdict)}`,
      {
        hint:
          "Machines that trust the same would refuse it: sign with another key, or correct FTL_TRUST",
      },
    );
  }

  #add<Made extends PointerParts>(
    { package: name, target }: SigningRequest<Made>,
    { text, metadata }: PointerParts,
    { statement, signature }: { readonly statement: Statement; readonly signature: Signature },
  ): Added {
    if (this.#digestOf({ package: name, text, metadata }) !== statement.sha256) {
      return { result: "another" };
    }
    const own = this.#policyOf([signature.key]);
    const judging = { statement, signatures: signaturesIn(metadata) };
    if (judge({ ...judging, ...own }).verdict === "trusted") return { result: "there" };
    const more = { ...metadata, [nextSignatureName(metadata)]: signature.base64 };
    if (!hasRoom(more) || signaturesIn(more).length === judging.signatures.length) {
      const revision = target && revisionName({ package: name, id: target.id });
      const how = revision === text ? "" : ", with the same numbers";
      throw new UsageError(`${pointerKey(name)} has no room for one more signature`, {
        hint: `Bless it anew, for all to sign again: ftl jump --master ${revision} --again${how}`,
      });
    }
    const { signers, threshold } = this.#policy ?? own;
    const { by } = judge({ statement, signatures: signaturesIn(more), signers, threshold });
    return {
      result: "added",
      metadata: more,
      people: by.length,
      missing: this.#missing(by.length),
    };
  }

  #digestOf(pointer: PointerParts & { readonly package: PackageName }): string | undefined {
    try {
      return blessingStatement({ bucket: this.#bucket, ...pointer }).sha256;
    } catch (error) {
      if (error instanceof IntegrityError) return undefined;
      throw error;
    }
  }

  #missing(people: number): number {
    return Math.max(0, (this.#policy?.threshold ?? 1) - people);
  }

  #policyOf(keys: readonly PublicKey[]): Policy {
    const signers: AllowedSigner[] = keys.map((key) => ({
      ...NO_OPTIONS,
      principals: key.fingerprint,
      key,
      line: undefined,
    }));
    return { bucket: this.#bucket, signers, threshold: 1, since: undefined };
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

/** Who adds a signature vouches for what is in S3 now, so the pointer must name just that. */
function requireSameObject(
  name: PackageName,
  { text, metadata }: PointerParts,
  target: Target,
): void {
  const id = parsePointer(text, { key: pointerKey(name), packageName: name });
  const { object, next } = readBlessing(id, metadata);
  const named = target.id === id ? object : next?.object;
  const sha256 = readSha256(target.metadata["ftl-sha256"]);
  if (named?.key === target.key && named.size === target.size && named.sha256 === sha256) return;
  const revision = revisionName({ package: name, id: target.id });
  throw new IntegrityError(`${pointerKey(name)} names another object than S3 has of ${revision}`, {
    hint:
      `Look at it (ftl verify --master ${revision}), then bless it anew: ftl jump --master ${revision} --again`,
  });
}

function hasRoom(metadata: Metadata): boolean {
  try {
    requireRoom(metadata);
    return true;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}
