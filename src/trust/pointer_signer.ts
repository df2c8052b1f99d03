/**
 * Signs pointers, and vouches for nothing that the writer does not trust: see `writer_trust.ts`. If it shows only after
 * the signature that the old pointer is of another key, the change may be another one: then it is signed once more.
 */
import { IntegrityError, UsageError } from "../errors.ts";
import { pointerKey } from "../revision/keys.ts";
import { type Metadata, requireRoom, roomIn } from "../revision/metadata.ts";
import { type PackageName, revisionName } from "../revision/names.ts";
import type { PublicKey } from "./public_key.ts";
import type {
  Added,
  PointerParts,
  Signature,
  SignedChange,
  Signer,
  Signing,
  SigningRequest,
} from "./signing.ts";
import { blessingStatement, nextSignatureName, signaturesIn, type Statement } from "./statement.ts";
import { judge } from "./verdict.ts";
import { requireSameObject, type WriterTrust } from "./writer_trust.ts";

export class PointerSigner implements Signing {
  readonly #signer: Signer;
  readonly #trust: WriterTrust;

  constructor(signer: Signer, trust: WriterTrust) {
    this.#signer = signer;
    this.#trust = trust;
  }

  async sign<Made extends PointerParts>(
    request: SigningRequest<Made>,
  ): Promise<SignedChange<Made>> {
    const { package: name, old, target, make } = request;
    let own: PublicKey | undefined;
    let reserve = 0;
    for (;;) {
      const believed = this.#trust.require(request, own);
      const made = make(believed, reserve);
      const pointer = made ?? old;
      if (pointer === undefined) throw new Error("there is nothing to sign");
      if (made === undefined && target !== undefined) requireSameObject(name, pointer, target);
      const isOfFew = believed === "trusted" && !this.#trust.hasEnough(request);
      if (isOfFew) await this.#trust.requireNamed(request, pointer, own);
      const statement = this.#statementOf({ package: name, ...pointer });
      const signature = await this.#signer.sign(statement);
      own = signature.key;
      const trust = this.#trust.require(request, own);
      if (trust !== believed) continue;
      this.#trust.requireCounted(signature, statement);
      if (made === undefined) {
        return {
          kind: "same",
          addTo: (present) => this.#add(request, present, { statement, signature }),
        };
      }
      const metadata = withSignature(made.metadata, signature);
      const needed = this.#roomFor(signature);
      if (roomIn(made.metadata) < needed && reserve < needed && namesTrees(made.metadata)) {
        reserve = needed;
        continue;
      }
      requireRoom(metadata);
      return {
        ...{ kind: "changed", made: { ...made, metadata }, missing: this.#missing(1) },
        trust: isOfFew ? "refused" : trust,
      };
    }
  }

  #add<Made extends PointerParts>(
    { package: name, target }: SigningRequest<Made>,
    { text, metadata }: PointerParts,
    { statement, signature }: { readonly statement: Statement; readonly signature: Signature },
  ): Added {
    if (this.#digestOf({ package: name, text, metadata }) !== statement.sha256) {
      return { result: "another" };
    }
    const signatures = signaturesIn(metadata);
    const own = this.#trust.only([signature.key]);
    if (judge({ statement, signatures, ...own }).verdict === "trusted") return { result: "there" };
    const more = withSignature(metadata, signature);
    const all = signaturesIn(more);
    // Nobody looks at one beyond the first 16, whatever those are.
    const isCounted = judge({ statement, signatures: all, ...own }).verdict === "trusted";
    if (!hasRoom(more) || !isCounted) {
      const revision = target && revisionName({ package: name, id: target.id });
      const how = revision === text ? "" : ", with the same numbers";
      throw new UsageError(`${pointerKey(name)} has no room for one more signature`, {
        hint: `Bless it anew, for all to sign again: ftl jump --master ${revision} --again${how}`,
      });
    }
    const { by } = judge({ statement, signatures: all, ...this.#trust.policyWith(signature.key) });
    const people = by.length;
    return { result: "added", metadata: more, people, missing: this.#missing(people) };
  }

  #statementOf(pointer: PointerParts & { readonly package: PackageName }): Statement {
    return blessingStatement({ bucket: this.#trust.bucket, ...pointer });
  }

  #digestOf(pointer: PointerParts & { readonly package: PackageName }): string | undefined {
    try {
      return this.#statementOf(pointer).sha256;
    } catch (error) {
      if (error instanceof IntegrityError) return undefined;
      throw error;
    }
  }

  /** Bytes for the signatures of all who must sign, if theirs are as long. */
  #roomFor(signature: Signature): number {
    const one = roomIn({}) - roomIn(withSignature({}, signature));
    return one * Math.max(1, this.#trust.threshold);
  }

  #missing(people: number): number {
    return Math.max(0, this.#trust.threshold - people);
  }
}

function withSignature(metadata: Metadata, { base64 }: Signature): Metadata {
  return { ...metadata, [nextSignatureName(metadata)]: base64 };
}

function hasRoom(metadata: Metadata): boolean {
  return roomIn(metadata) >= 0;
}

/** What is left out before there is no room for signatures. */
function namesTrees(metadata: Metadata): boolean {
  return "ftl-tree" in metadata || "ftl-next-tree" in metadata;
}
