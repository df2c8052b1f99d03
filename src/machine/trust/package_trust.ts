/**
 * What signatures mean for one package on this machine, where `FTL_TRUST` is enforced. The pointer that a plan was made
 * by is trusted already: the judge lets no other through.
 *
 *     a revision that        is fetched and prepared           is activated
 *     the pointer names      if its bytes are those it names   yes
 *     it does not name       if it is signed itself            no
 *     is active              the same                          it stays, whatever is signed
 *
 * Without a pointer nothing is removed, as nobody who is trusted has said what is not needed.
 */
import type { Bucket } from "../../bucket/bucket.ts";
import { IntegrityError, NotFoundError, UntrustedError } from "../../errors.ts";
import type { SyncPlan } from "../../plan/sync.ts";
import { parseKey } from "../../revision/keys.ts";
import type { RevisionId, RevisionName } from "../../revision/names.ts";
import type { BlessedObject, PointerState } from "../../revision/pointer.ts";
import type { PointerJudge } from "../../trust/pointer_judge.ts";
import { readJournal, revisionsOf } from "../jump/journal.ts";
import { readLink } from "../links.ts";
import type { PackageDir } from "../package_dir.ts";
import { readRevisionState, type RevisionState } from "../state.ts";
import type { ListedRevision, SignedRevisions } from "./signed_revisions.ts";
import { keepKnownBlessing, readKnownBlessing } from "./state.ts";
import { isOvertaken } from "../../trust/trust.ts";

/** Bytes that somebody who is trusted has named. */
export interface TrustedContent {
  /** Hexadecimal. */
  readonly sha256: string;
  readonly size: number;
  /** SHA-256 of the revision's tree, in hexadecimal. Undefined if nobody who is trusted has named it. */
  readonly tree?: string | undefined;
}

/** What to fetch, and the bytes that it must have. */
export interface TrustedSource {
  readonly remote: ListedRevision;
  readonly content: TrustedContent;
}

/** A revision that is not fetched, or not prepared, and why. */
export interface Untrusted {
  readonly revision: RevisionName;
  readonly why: string;
}

/** A package as S3 has it, and as the pointer says. */
export interface TrustFacts {
  readonly listed: readonly ListedRevision[];
  readonly pointer: PointerState | undefined;
}

export class PackageTrust {
  readonly #pkg: PackageDir;
  readonly #signed: SignedRevisions;
  readonly #now: () => number;
  readonly judge: PointerJudge;

  constructor(
    pkg: PackageDir,
    { judge, signed, now }: {
      readonly judge: PointerJudge;
      readonly signed: SignedRevisions;
      readonly now: () => number;
    },
  ) {
    this.#pkg = pkg;
    this.#signed = signed;
    this.#now = now;
    this.judge = judge;
  }

  /** Asks S3 who has signed what the plan would fetch or prepare, and the pointer does not name. */
  async look(
    { fetch, prepare }: SyncPlan,
    { listed, pointer }: TrustFacts,
    signal: AbortSignal,
  ): Promise<void> {
    if (!this.judge.isEnforced) return;
    const asked = new Set([...fetch, ...prepare]);
    const unnamed = listed.filter(({ id }) => asked.has(id) && objectIn(pointer, id) === undefined);
    await this.#signed.look(unnamed, signal);
  }

  /** The plan without what is not trusted. */
  restrict(plan: SyncPlan, facts: TrustFacts): SyncPlan {
    if (!this.judge.isEnforced) return plan;
    return {
      ...plan,
      fetch: plan.fetch.filter((id) => this.#whyNotFetched(id, facts) === undefined),
      prepare: plan.prepare.filter((id) => this.#isPreparable(id, facts)),
      remove: facts.pointer === undefined ? [] : plan.remove,
    };
  }

  /** The revisions that the plan would fetch if they were signed. */
  untrustedIn(plan: SyncPlan, facts: TrustFacts): Untrusted[] {
    if (!this.judge.isEnforced) return [];
    return plan.fetch.flatMap((id) => {
      const why = this.#whyNotFetched(id, facts);
      return why === undefined ? [] : [{ revision: this.#pkg.revisionName(id), why }];
    });
  }

  /**
   * Whether the revision here has other bytes than the pointer names. What is active, or in a jump, stays what it is.
   */
  isForeign(id: RevisionId, pointer: PointerState | undefined): boolean {
    const object = this.judge.isEnforced ? objectIn(pointer, id) : undefined;
    if (object === undefined || !this.#pkg.has(id)) return false;
    if (isWhatWasSigned(readRevisionState(this.#pkg, id), object)) return false;
    const jump = readJournal(this.#pkg);
    const inUse = [
      readLink(this.#pkg, "current"),
      ...(jump === undefined ? [] : revisionsOf(jump)),
    ];
    return !inUse.includes(id);
  }

  /** What to fetch. Throws `IntegrityError` if S3 does not have what was signed. */
  async sourceOf(
    id: RevisionId,
    { listed, pointer }: TrustFacts,
    bucket: Bucket,
  ): Promise<TrustedSource> {
    const found = listed.find((one) => one.id === id);
    const object = objectIn(pointer, id);
    const name = this.#pkg.revisionName(id);
    if (object === undefined) {
      const content = found && this.#signed.of(found)?.content;
      if (found !== undefined && content !== undefined) return { remote: found, content };
      const why = this.#whyNotFetched(id, { listed, pointer });
      throw new UntrustedError(`${name} is not trusted: ${why}`, {
        verdict: "refused",
        hint: "Spool it signed: ftl spool, with FTL_SIGN_KEY",
      });
    }
    const remote = found?.key === object.key ? found : await listedAt(bucket, object.key);
    if (remote === undefined) {
      throw new NotFoundError(`${object.key}, which was blessed, is not in s3://${bucket.name}`, {
        hint: "This machine keeps what it runs. Bless another one: ftl jump --master <revision>",
      });
    }
    const { sha256, size } = object;
    if (sha256 === undefined || size === undefined || remote.object.size !== size) {
      throw new IntegrityError(`s3://${bucket.name}/${object.key} is not what was blessed`, {
        hint: `It has ${remote.object.size} bytes, not ${size}. Find out who changed it, then ` +
          "spool and bless it anew",
      });
    }
    return { remote, content: { sha256, size, tree: object.tree } };
  }

  /** Keeps on disk which blessing is obeyed from now on, before it is. Call it under the package's lock. */
  keep(pointer: PointerState | undefined): void {
    const { serial, trust } = pointer ?? {};
    if (serial === undefined || trust?.statement === undefined) return;
    keepKnownBlessing(this.#pkg, { serial, statement: trust.statement }, this.#now());
  }

  /** Whether another command has obeyed a newer blessing meanwhile, or another one of the same time. */
  isOutdated(pointer: PointerState | undefined): boolean {
    return pointer !== undefined && isOvertaken(pointer, readKnownBlessing(this.#pkg));
  }

  /** Undefined if the revision may be fetched. */
  #whyNotFetched(id: RevisionId, { listed, pointer }: TrustFacts): string | undefined {
    if (objectIn(pointer, id) !== undefined) return undefined;
    const found = listed.find((one) => one.id === id);
    const judged = found && this.#signed.of(found);
    if (judged === undefined) return "nobody knows yet who has signed it";
    return judged.why;
  }

  /** Its script runs before anybody has blessed it, so it must be what was signed. */
  #isPreparable(id: RevisionId, { listed, pointer }: TrustFacts): boolean {
    if (objectIn(pointer, id) !== undefined) return !this.isForeign(id, pointer);
    const found = listed.find((one) => one.id === id);
    const content = found && this.#signed.of(found)?.content;
    return content !== undefined && isWhatWasSigned(readRevisionState(this.#pkg, id), content);
  }
}

/** What came by a delta was never the object: only its tree tells what it is. */
function isWhatWasSigned(
  state: RevisionState | undefined,
  { sha256, tree }: { readonly sha256: string | undefined; readonly tree?: string | undefined },
): boolean {
  if (state === undefined || state.sha256 !== sha256) return false;
  if ((state.how ?? "whole") === "whole") return true;
  // A blessing may leave the tree out. What was signed of the same object when it was fetched still counts.
  return state.treeSigned === true && state.tree === (tree ?? state.tree);
}

/** The object that the pointer names for a revision. A signature covers all of it. */
function objectIn(pointer: PointerState | undefined, id: RevisionId): BlessedObject | undefined {
  if (pointer?.trust?.verdict !== "trusted") return undefined;
  if (pointer.blessed === id) return pointer.object;
  return pointer.next?.id === id ? pointer.next.object : undefined;
}

async function listedAt(bucket: Bucket, key: string): Promise<ListedRevision | undefined> {
  const parsed = parseKey(key);
  const found = await bucket.head(key);
  if (found === undefined || parsed?.kind !== "revision") return undefined;
  const { etag, size, modified } = found;
  return { ...parsed, object: { key, etag, size, modified } };
}
