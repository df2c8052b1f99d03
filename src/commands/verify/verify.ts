/**
 * `ftl verify`: is what is here still what was spooled, and does S3 hold what it says? It writes nothing but what
 * `show` asks for. The work is in other files, which are loaded when they are needed.
 */
import type { Finding } from "../../archive/compare.ts";
import type { Context } from "../../context.ts";
import { asError, NotFoundError } from "../../errors.ts";
import { readLink } from "../../machine/links.ts";
import {
  listPackages,
  type PackageDir,
  requirePackage,
  requireRevision,
} from "../../machine/package_dir.ts";
import {
  parseRevisionName,
  requirePackageName,
  type RevisionId,
  type RevisionName,
} from "../../revision/names.ts";
import type { JudgedPart } from "./judged_part.ts";
import type { ShownStatement } from "./show.ts";
import type { TrustedSigners } from "./trusted_signers.ts";

export type { Difference, DIFFERENCES } from "../../archive/compare.ts";
export type { JudgedPart, PartVerdict, RefusedSignature, SignedBy } from "./judged_part.ts";
export type { Finding, ShownStatement, TrustedSigners };
export type { ListedSigner } from "./trusted_signers.ts";

/** Whose signatures count. */
export interface TrustOptions {
  /** The path of a file of allowed signers that counts in the place of `FTL_TRUST`. */
  readonly trust?: string | undefined;
}

/** How strict a comparison is. */
export interface VerifyOptions extends TrustOptions {
  /** Also what the spooled file has not, and times that differ, are failures. */
  readonly strict?: boolean;
}

/** A revision on this machine, compared with what was spooled. */
export interface VerifiedRevision {
  /** Its name. */
  readonly revision: RevisionName;
  /** The folder that has it. */
  readonly path: string;
  /** What is not as it was spooled, by path. Times alone count only if the comparison is strict. */
  readonly findings: readonly Finding[];
  /** Who signed it, if somebody is trusted; else undefined. */
  readonly signed: JudgedPart | undefined;
  /** Why it is not what was spooled, or why that cannot be told. */
  readonly failures: readonly Error[];
}

/**
 * Compares revisions on this machine with what was spooled: the named ones, the active ones of the named packages,
 * or without names those of all packages. Failures are reported, and are in the result. Throws `NotFoundError` for
 * a name that this machine does not have.
 */
export async function verify(
  context: Context,
  names: readonly string[] = [],
  options: VerifyOptions = {},
): Promise<VerifiedRevision[]> {
  const { config, report, signal } = context;
  const wanted = names.length > 0
    ? names.map((name) => findHere(config.root, name))
    : activeOnes(context);
  if (wanted.length === 0) return [];
  const { LocalVerifier } = await import("./local.ts");
  const verifier = await LocalVerifier.open(context, options);
  const results: VerifiedRevision[] = [];
  for (const { pkg, id } of wanted) {
    const about = { revision: pkg.revisionName(id), path: pkg.revisionPath(id) };
    let result: VerifiedRevision;
    try {
      result = { ...about, ...await verifier.verify(pkg, id) };
    } catch (error) {
      signal.throwIfAborted();
      result = { ...about, findings: [], signed: undefined, failures: [asError(error)] };
    }
    for (const error of result.failures) report({ type: "failure", error });
    results.push(result);
  }
  return results;
}

interface Here {
  readonly pkg: PackageDir;
  readonly id: RevisionId;
}

function findHere(root: string, name: string): Here {
  const revision = parseRevisionName(name);
  const pkg = requirePackage(root, revision?.package ?? requirePackageName(name));
  if (revision !== undefined) {
    requireRevision(pkg, revision.id);
    return { pkg, id: revision.id };
  }
  const id = readLink(pkg, "current");
  if (id !== undefined) return { pkg, id };
  throw new NotFoundError(`No revision of ${pkg.name} is active on this machine`, {
    hint: `'ftl list ${pkg.name}' shows those that are here, 'ftl sync ${pkg.name}' fetches more`,
  });
}

function activeOnes({ config: { root }, report }: Context): Here[] {
  const packages = listPackages(root);
  if (packages.length === 0) report({ type: "no-packages", root });
  return packages.flatMap((pkg) => {
    const id = readLink(pkg, "current");
    return id === undefined ? [] : [{ pkg, id }];
  });
}

/** How to verify what is in S3. */
export interface VerifyMasterOptions extends TrustOptions {
  /**
   * A new or empty folder. It gets what was signed and the signatures, of the blessing if a package was named, else of
   * the revision.
   */
  readonly show?: string | undefined;
}

/** An object in S3 that was read whole. */
export interface VerifiedObject {
  /** The revision's name. */
  readonly revision: RevisionName;
  /** Its key. */
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  /** Hexadecimal: the SHA-256 of the bytes that came. */
  readonly sha256: string;
  /** What the bytes were compared with. Undefined if S3 keeps nothing to compare with. */
  readonly checked: "sha256" | "crc64nvme" | "crc32" | "md5" | undefined;
  /** Whether it is blessed. */
  readonly blessed: boolean;
  /** What may be signed: the revision, and the blessing if it is blessed. */
  readonly signed: readonly JudgedPart[];
  /** What was written, if that was asked for. */
  readonly shown: ShownStatement | undefined;
  /** Why it is not trusted. */
  readonly failures: readonly Error[];
}

/**
 * Downloads a revision, or the blessed one of a package, and checks its size, its checksum and its signatures. It
 * writes nothing but what `show` asks for. Throws `NotFoundError` if S3 does not have it, `IntegrityError` if the
 * bytes are not those that were spooled.
 */
export async function verifyMaster(
  context: Context,
  name: string,
  options: VerifyMasterOptions = {},
): Promise<VerifiedObject> {
  const { verifyObject } = await import("./master.ts");
  return await verifyObject(context, name, options);
}

/**
 * Reads a file of allowed signers, without a bucket. Throws `UsageError` if it cannot be read, or names nobody who
 * may sign.
 */
export async function readTrustedSigners(path: string): Promise<TrustedSigners> {
  const { readSigners } = await import("./trusted_signers.ts");
  return await readSigners(path);
}
