/** Compares a revision on this machine with the object that it was unpacked from. */
import { compareTree, type Comparison, type Finding } from "../../archive/compare.ts";
import type { OpenedBucket } from "../../bucket/bucket.ts";
import { openBucket } from "../../bucket/open.ts";
import type { Context } from "../../context.ts";
import { ConflictError, IntegrityError, NotFoundError } from "../../errors.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { readRevisionState } from "../../machine/state.ts";
import { readKnownBlessing } from "../../machine/trust/state.ts";
import { parseKey, pointerKey } from "../../revision/keys.ts";
import { readRevisionContent } from "../../revision/metadata.ts";
import type { RevisionId, RevisionName } from "../../revision/names.ts";
import { readBlessing } from "../../revision/pointer.ts";
import { openDownload } from "../../transfer/download/download.ts";
import { CheckedBody } from "../../transfer/verify/checked_body.ts";
import { expectedChecksum } from "../../transfer/verify/expected_checksum.ts";
import type { JudgedObject } from "../../trust/judge_revision.ts";
import type { TrustPolicy } from "../../trust/policy.ts";
import {
  judgedBlessing,
  type JudgedPart,
  judgedRevision,
  readPolicy,
  untrusted,
} from "./judged_part.ts";
import type { VerifiedRevision, VerifyOptions } from "./verify.ts";

type Result = Pick<VerifiedRevision, "findings" | "signed" | "failures">;

/** A revision on this machine. */
interface Here {
  readonly pkg: PackageDir;
  readonly id: RevisionId;
}

/** The object that a revision was unpacked from, as the machine remembers it. */
interface Source {
  readonly key: string;
  /** The rest of the key after the id. */
  readonly rest: string;
  readonly etag: string;
  readonly size: number;
  readonly sha256: string;
}

/** What came of the download. */
interface Compared {
  readonly comparison: Comparison;
  /** The SHA-256 of the bytes that came. */
  readonly sha256: string;
  /** False if they are not those that were spooled. */
  readonly fits: boolean | undefined;
  readonly object: JudgedObject;
}

export class LocalVerifier {
  readonly #context: Context;
  readonly #bucket: OpenedBucket;
  readonly #policy: TrustPolicy | undefined;
  readonly #isStrict: boolean;

  private constructor(
    context: Context,
    { bucket, policy, isStrict }: {
      bucket: OpenedBucket;
      policy: TrustPolicy | undefined;
      isStrict: boolean;
    },
  ) {
    this.#context = context;
    this.#bucket = bucket;
    this.#policy = policy;
    this.#isStrict = isStrict;
  }

  static async open(context: Context, options: VerifyOptions): Promise<LocalVerifier> {
    const policy = await readPolicy(context.config, options);
    const bucket = await openBucket(context);
    return new LocalVerifier(context, { bucket, policy, isStrict: options.strict ?? false });
  }

  /** Throws `NotFoundError` if the object or the revision is gone, `IntegrityError` if there is another object. */
  async verify(pkg: PackageDir, id: RevisionId): Promise<Result> {
    const started = performance.now();
    const revision = pkg.revisionName(id);
    const source = sourceOf(pkg, id);
    const path = pkg.revisionPath(id);
    const before = Deno.lstatSync(path);
    let compared: Compared;
    try {
      compared = await this.#compare(source, { revision, pkg, path });
    } catch (error) {
      this.#context.signal.throwIfAborted();
      requireSame(pkg, id, before);
      throw cannotTell(revision, error);
    }
    requireSame(pkg, id, before);
    const { comparison, sha256, fits, object } = compared;
    if (fits === false || sha256 !== source.sha256) {
      throw cannotTell(revision, new IntegrityError(`${this.#urlOf(source)} has other bytes now`));
    }
    const findings = comparison.findings.filter((finding) =>
      this.#isStrict || !isOnlyTime(finding)
    );
    const count = (kind: Finding["finding"]): number =>
      findings.filter(({ finding }) => finding === kind).length;
    const [changed, missing, extra] = [count("changed"), count("missing"), count("extra")];
    const { entries, bytes } = comparison;
    const { signed, refusal } = await this.#judge(object, { pkg, id }, source);
    const by = signed?.by.map(({ principals }) => principals) ?? [];
    const ms = performance.now() - started;
    this.#context.report({
      ...{ type: "verified", revision, entries, bytes, changed, missing, extra, by, ms },
    });
    const failures = changed + missing + (this.#isStrict ? extra : 0) === 0
      ? []
      : [isNotAsSpooled(revision, { changed, missing, extra })];
    return {
      findings,
      signed,
      failures: refusal === undefined ? failures : [...failures, refusal],
    };
  }

  async #compare(
    { key, rest, etag, size }: Source,
    { revision, pkg, path }: { revision: RevisionName; pkg: PackageDir; path: string },
  ): Promise<Compared> {
    const { signal, report, config: { concurrency } } = this.#context;
    let [done, entries] = [0, 0];
    const tell = (): void =>
      report({ type: "progress", subject: revision, work: "checking", done, total: size, entries });
    await using download = await openDownload(this.#bucket, key, {
      ...{ size, etag, concurrency, signal },
      onProgress: (bytes) => {
        done = bytes;
        tell();
      },
    });
    const { metadata } = download.info;
    const expected = await expectedChecksum(this.#bucket, key, readRevisionContent(metadata));
    const body = new CheckedBody(download.body, expected);
    const comparison = await compareTree(body, {
      ...{ package: pkg.name, rest, size, target: path, signal },
      onProgress: (progress) => {
        entries = progress.entries;
        tell();
      },
    });
    await body.readToEnd();
    const { sha256, fits } = body;
    return { comparison, sha256, fits, object: { key, size, metadata } };
  }

  /** A revision that nobody has signed may still be the one that a trusted blessing names. */
  async #judge(
    object: JudgedObject,
    here: Here,
    source: Source,
  ): Promise<{ readonly signed: JudgedPart | undefined; readonly refusal: Error | undefined }> {
    if (this.#policy === undefined) return { signed: undefined, refusal: undefined };
    const signed = await judgedRevision(this.#policy, object);
    const refusal = untrusted(here.pkg.revisionName(here.id), signed);
    if (refusal === undefined || await this.#isBlessed(here, source)) {
      return { signed, refusal: undefined };
    }
    if (this.#policy.isEnforced) return { signed, refusal };
    this.#context.report({ type: "warning", message: refusal.message });
    return { signed, refusal: undefined };
  }

  async #isBlessed({ pkg, id }: Here, { key, sha256, size }: Source): Promise<boolean> {
    const found = await this.#bucket.getSmall(pointerKey(pkg.name));
    if (found === undefined) return false;
    const { text, metadata } = found;
    const { object } = readBlessing(id, metadata);
    const names = object?.key === key && object.sha256 === sha256 && object.size === size;
    if (!names) return false;
    const pointer = { package: pkg.name, text, metadata };
    const circumstances = { known: readKnownBlessing(pkg), now: this.#context.now() };
    const { verdict } = await judgedBlessing(this.#policy, pointer, circumstances);
    return verdict === "trusted";
  }

  #urlOf({ key }: Source): string {
    return `s3://${this.#bucket.name}/${key}`;
  }
}

/** Throws `IntegrityError` if the machine does not know what it fetched. */
function sourceOf(pkg: PackageDir, id: RevisionId): Source {
  const { key, etag, size, sha256 } = readRevisionState(pkg, id) ?? {};
  const parsed = key === undefined ? undefined : parseKey(key);
  const isOwn = parsed?.kind === "revision" && parsed.package === pkg.name && parsed.id === id;
  if (
    isOwn && etag !== undefined && size !== undefined && sha256 !== undefined
  ) return { key: parsed.key, rest: parsed.rest, etag, size, sha256 };
  throw cannotTell(
    pkg.revisionName(id),
    new IntegrityError(`${pkg.statePath(id)} does not say what was fetched`),
  );
}

/** Throws `NotFoundError` if the revision's folder is no longer the one that was looked at. */
function requireSame(pkg: PackageDir, id: RevisionId, before: Deno.FileInfo): void {
  let now: Deno.FileInfo | undefined;
  try {
    now = pkg.has(id) ? Deno.lstatSync(pkg.revisionPath(id)) : undefined;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (now?.ino === before.ino && now.dev === before.dev) return;
  throw new NotFoundError(`${pkg.revisionName(id)} was removed while it was verified`, {
    hint: `'ftl list ${pkg.name}' shows those that are here`,
  });
}

/** Says that a failure leaves it open whether the revision is what was spooled. */
function cannotTell(revision: RevisionName, error: unknown): unknown {
  const begin = `Cannot tell whether ${revision} is what was spooled`;
  if (error instanceof NotFoundError) {
    return new NotFoundError(`${begin}: ${error.message}`, {
      cause: error,
      hint: "What runs has not changed. Spool and bless it again, and verify the new revision",
    });
  }
  if (error instanceof ConflictError || error instanceof IntegrityError) {
    return new IntegrityError(`${begin}: ${error.message}`, {
      cause: error,
      hint: "Spool and bless it again, and verify the new revision; find out who changed this one",
    });
  }
  return error;
}

function isOnlyTime({ finding, differences }: Finding): boolean {
  return finding === "changed" && differences.every(({ what }) => what === "time");
}

function isNotAsSpooled(
  revision: RevisionName,
  counts: Readonly<Record<Finding["finding"], number>>,
): IntegrityError {
  const words = Object.entries(counts).filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`);
  return new IntegrityError(`${revision} is not what was spooled: ${words.join(", ")}`, {
    hint: "Keep it as evidence, or jump to another revision, 'ftl purge' this one, and sync",
  });
}
