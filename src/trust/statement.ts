/**
 * What is signed: a text that says everything that FTL knows of a pointer or a revision in S3. It is never
 * stored but made anew from what is used, so it cannot disagree with it.
 *
 *     ftl blessing 1                             ftl revision 1
 *     bucket: my-deploys                         bucket: my-deploys
 *     key: my_site.rev                           key: my_site.VZ5vQk8aR4G.tar.gz
 *     text: my_site.VZ5vQk8aR4G                  size: 110000000
 *     ftl-at: 2026-11-25T14:00:00.123Z           ftl-at: 2026-11-25T13:00:00.456Z
 *     ...                                        ...
 *
 * After the head comes all metadata whose name begins with `ftl-`, sorted by name, as it is stored. Only the
 * signatures (`ftl-sig-`) are left out. So a field of a later FTL is covered, too, and none can be added, changed
 * or dropped. Bucket and key are encoded as metadata is. Each line ends with LF, and all is printable ASCII.
 */
import { createHash } from "node:crypto";
import { IntegrityError } from "../errors.ts";
import { parseKey, pointerKey } from "../revision/keys.ts";
import {
  decodeValue,
  encodeValue,
  type Metadata,
  readCount,
  readSha256,
  SIGNATURE_PREFIX,
} from "../revision/metadata.ts";
import { isRevisionId, type PackageName, revisionName } from "../revision/names.ts";

export interface Statement {
  readonly kind: "blessing" | "revision";
  /** The object that it is about. */
  readonly key: string;
  /** What signatures of it are for. It names the role and the package. */
  readonly namespace: string;
  readonly bytes: Uint8Array;
  /** Hexadecimal. Names the statement. */
  readonly sha256: string;
  /**
   * When it was made, in Unix milliseconds: the serial of a blessing, the time of the spooling. Undefined if
   * a revision does not tell.
   */
  readonly time: number | undefined;
}

export interface BlessingFacts {
  readonly bucket: string;
  readonly package: PackageName;
  /** The pointer's text, as it is stored. */
  readonly text: string;
  readonly metadata: Metadata;
}

export interface RevisionFacts {
  readonly bucket: string;
  readonly key: string;
  /** Of the object, in bytes. */
  readonly size: number;
  readonly metadata: Metadata;
}

const VERSION = 1;

/** The namespace of signatures: who may bless a package, or spool it. */
export function namespaceOf(kind: Statement["kind"], packageName: PackageName): string {
  return `${kind === "blessing" ? "ftl-bless" : "ftl-spool"}:${packageName}`;
}

/**
 * Throws `IntegrityError` if something is missing that a signature must cover, or if the text and the
 * objects' keys do not fit together.
 */
export function blessingStatement(
  { bucket, package: name, text, metadata }: BlessingFacts,
): Statement {
  const key = pointerKey(name);
  const serial = readCount(metadata["ftl-serial"]);
  if (serial === undefined) throw lacks(key, "ftl-serial");
  const id = text.startsWith(`${name}.`) ? text.slice(name.length + 1) : "";
  if (!isRevisionId(id)) throw new IntegrityError(`${key} in S3 names no revision of ${name}`);
  requireObject(metadata, { key, prefix: "ftl-", revision: text });
  const next = metadata["ftl-next"];
  if (next !== undefined) {
    if (!isRevisionId(next)) throw lacks(key, "ftl-next");
    const revision = revisionName({ package: name, id: next });
    requireObject(metadata, { key, prefix: "ftl-next-", revision });
  }
  const head = [["bucket", encodeValue(bucket)], ["key", encodeValue(key)], [
    "text",
    text,
  ]] as const;
  return makeStatement({ kind: "blessing", key, package: name, head, metadata, time: serial });
}

/** Throws `IntegrityError` if something is missing that a signature must cover. */
export function revisionStatement({ bucket, key, size, metadata }: RevisionFacts): Statement {
  const parsed = parseKey(key);
  if (parsed?.kind !== "revision") {
    throw new IntegrityError(`${encodeValue(key)} is no key of a revision`);
  }
  if (readSha256(metadata["ftl-sha256"]) === undefined) throw lacks(key, "ftl-sha256");
  const head = [
    ["bucket", encodeValue(bucket)],
    ["key", encodeValue(key)],
    ["size", String(size)],
  ] as const;
  const time = readTime(metadata["ftl-at"]);
  return makeStatement({ kind: "revision", key, package: parsed.package, head, metadata, time });
}

/** The signatures in metadata, in base64, in the order in which they were made. */
export function signaturesIn(metadata: Metadata): string[] {
  return numberedSignatures(metadata).map(({ value }) => value);
}

/** The name in metadata for one more signature. */
export function nextSignatureName(metadata: Metadata): string {
  return `${SIGNATURE_PREFIX}${(numberedSignatures(metadata).at(-1)?.number ?? 0) + 1}`;
}

function numberedSignatures(
  metadata: Metadata,
): { readonly number: number; readonly value: string }[] {
  return Object.entries(metadata)
    .filter(([name]) => name.startsWith(SIGNATURE_PREFIX))
    .filter(([name]) => /^[1-9][0-9]?$/.test(name.slice(SIGNATURE_PREFIX.length)))
    .map(([name, value]) => ({ number: Number(name.slice(SIGNATURE_PREFIX.length)), value }))
    .sort((a, b) => a.number - b.number);
}

interface StatementParts extends Pick<Statement, "kind" | "key" | "time"> {
  readonly package: PackageName;
  readonly head: readonly (readonly [name: string, value: string])[];
  readonly metadata: Metadata;
}

function makeStatement({ kind, key, time, head, metadata, ...parts }: StatementParts): Statement {
  const fields = Object.entries(metadata)
    .filter(([name]) => name.startsWith("ftl-") && !name.startsWith(SIGNATURE_PREFIX))
    .sort(([a], [b]) => a < b ? -1 : 1);
  const odd = fields.find(([name, value]) => !/^[a-z0-9-]+$/.test(name) || value === "");
  const lines = [...head, ...fields].map(([name, value]) => `${name}: ${value}\n`);
  const text = `ftl ${kind} ${VERSION}\n${lines.join("")}`;
  // A value with a line break could say what another field does not.
  const isPrintable = [...head, ...fields].every(([, value]) => /^[ -~]*$/.test(value));
  if (odd !== undefined || !isPrintable) {
    throw new IntegrityError(`${encodeValue(key)} in S3 has metadata that FTL never writes`);
  }
  const bytes = new TextEncoder().encode(text);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { kind, key, namespace: namespaceOf(kind, parts.package), bytes, sha256, time };
}

/** The object of the blessed revision, or of the candidate, must be told in full, and be that revision's. */
function requireObject(
  metadata: Metadata,
  { key, prefix, revision }: {
    readonly key: string;
    readonly prefix: "ftl-" | "ftl-next-";
    readonly revision: string;
  },
): void {
  if (readSha256(metadata[`${prefix}sha256`]) === undefined) throw lacks(key, `${prefix}sha256`);
  if (readCount(metadata[`${prefix}size`]) === undefined) throw lacks(key, `${prefix}size`);
  const objectKey = decodeValue(metadata[`${prefix}key`]);
  if (objectKey === undefined) throw lacks(key, `${prefix}key`);
  const parsed = parseKey(objectKey);
  if (parsed?.kind === "revision" && revisionName(parsed) === revision) return;
  throw new IntegrityError(`${key} in S3 names ${revision}, and the object of another revision`);
}

function lacks(key: string, name: string): IntegrityError {
  return new IntegrityError(
    `${encodeValue(key)} in S3 has no ${name} that a signature could cover`,
    {
      hint: "An older ftl or another tool wrote it: write it again with FTL_SIGN_KEY",
    },
  );
}

/** As FTL writes times. In Unix milliseconds. */
function readTime(text: string | undefined): number | undefined {
  const time = text === undefined ? NaN : Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString() === text ? time : undefined;
}
