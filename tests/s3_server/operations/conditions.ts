/**
 * Conditional requests: RFC 9110, section 13, with what S3 makes of them.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
 */
import { S3Error } from "../errors.ts";
import type { Bucket, DeletionWatch, ObjectRecord } from "../storage/bucket.ts";
import { noSuchKey } from "./request.ts";

/** Whether a list of ETags, or `*`, has this one. */
function etagListed(list: string, etag: string): boolean {
  return list.split(",").some((item) => {
    const tag = item.trim().replace(/^W\//, "");
    return tag === "*" || tag === etag || tag === `"${etag}"`;
  });
}

/** A date in whole seconds; undefined if the text is not a date. Then the condition does not count. */
function dateOf(header: string | undefined): number | undefined {
  const time = Date.parse(header ?? "");
  return Number.isNaN(time) ? undefined : time;
}

function preconditionFailed(condition: string): S3Error {
  return new S3Error("PreconditionFailed", { details: { Condition: condition } });
}

/** The names of the four headers: those of a read, or those about the source of a copy. */
const READ_CONDITIONS = {
  match: "if-match",
  noneMatch: "if-none-match",
  modified: "if-modified-since",
  unmodified: "if-unmodified-since",
};
const COPY_CONDITIONS = {
  match: "x-amz-copy-source-if-match",
  noneMatch: "x-amz-copy-source-if-none-match",
  modified: "x-amz-copy-source-if-modified-since",
  unmodified: "x-amz-copy-source-if-unmodified-since",
};

/**
 * Whether a read goes ahead, in the order of RFC 9110, section 13.2.2:
 *
 *     If-Match             fails -> 412; holds -> If-Unmodified-Since is not asked
 *     If-Unmodified-Since  fails -> 412
 *     If-None-Match        fails -> 304; holds -> If-Modified-Since is not asked
 *     If-Modified-Since    fails -> 304
 */
function judge(
  headers: ReadonlyMap<string, string>,
  record: ObjectRecord,
  names: typeof READ_CONDITIONS,
): { failed: string; status: 304 | 412 } | undefined {
  const match = headers.get(names.match);
  const unmodified = dateOf(headers.get(names.unmodified));
  if (match !== undefined) {
    if (!etagListed(match, record.etag)) return { failed: "If-Match", status: 412 };
  } else if (unmodified !== undefined && record.modified > unmodified) {
    return { failed: "If-Unmodified-Since", status: 412 };
  }
  const noneMatch = headers.get(names.noneMatch);
  const modified = dateOf(headers.get(names.modified));
  if (noneMatch !== undefined) {
    if (etagListed(noneMatch, record.etag)) return { failed: "If-None-Match", status: 304 };
  } else if (modified !== undefined && record.modified <= modified) {
    return { failed: "If-Modified-Since", status: 304 };
  }
  return undefined;
}

/** Whether the client already has what it asks for (304). Throws PreconditionFailed. */
export function isNotModified(
  headers: ReadonlyMap<string, string>,
  record: ObjectRecord,
): boolean {
  const verdict = judge(headers, record, READ_CONDITIONS);
  if (verdict?.status === 412) throw preconditionFailed(verdict.failed);
  return verdict !== undefined;
}

/** Throws PreconditionFailed if the source of a copy is not as the request demands. */
export function assertCopySource(
  headers: ReadonlyMap<string, string>,
  record: ObjectRecord,
): void {
  const verdict = judge(headers, record, COPY_CONDITIONS);
  if (verdict !== undefined) {
    throw preconditionFailed(`x-amz-copy-source-${verdict.failed}`);
  }
}

/**
 * Throws if a deletion demands an ETag (or `*`) that is not there: PreconditionFailed, or
 * NoSuchKey if there is no object at all.
 */
export function assertDeleteCondition(
  etag: string | undefined,
  { key, current }: { key: string; current: ObjectRecord | undefined },
): void {
  if (etag === undefined) return;
  if (current === undefined) throw noSuchKey(key);
  if (!etagListed(etag, current.etag)) throw preconditionFailed("If-Match");
}

/**
 * The condition of a write on what is there now:
 *
 *     If-None-Match: *   nothing there -> goes ahead; something -> 412
 *     If-Match: "e"      e there -> goes ahead; another one -> 412; nothing -> 404
 *
 * Where the key was deleted while an If-None-Match write was under way S3 answers 409 and lets the
 * client begin again. Asked once before the body is read, to spare the client the upload, and once
 * in the moment of the change, which decides.
 */
export class WriteCondition implements Disposable {
  readonly #match: string | undefined;
  readonly #noneMatch: string | undefined;
  readonly #key: string;
  readonly #watch: DeletionWatch | undefined;

  /** Throws what assert() throws, and NotImplemented for an ETag that must not be there: S3 knows only `*`. */
  constructor(headers: ReadonlyMap<string, string>, target: { bucket: Bucket; key: string }) {
    this.#match = headers.get("if-match");
    this.#noneMatch = headers.get("if-none-match");
    this.#key = target.key;
    if (this.#noneMatch !== undefined && this.#noneMatch !== "*") {
      throw new S3Error("NotImplemented", { details: { Header: "If-None-Match" } });
    }
    this.assert(target.bucket.objects.get(target.key));
    this.#watch = this.#noneMatch === undefined
      ? undefined
      : target.bucket.watchDeletion(target.key);
  }

  /** Throws PreconditionFailed, NoSuchKey or ConditionalRequestConflict. */
  assert(current: ObjectRecord | undefined): void {
    if (this.#noneMatch !== undefined) {
      if (current !== undefined) throw preconditionFailed("If-None-Match");
      if (this.#watch?.deleted) {
        throw new S3Error("ConditionalRequestConflict", {
          details: { Condition: "If-None-Match", Key: this.#key },
        });
      }
    }
    if (this.#match === undefined) return;
    if (current === undefined) throw noSuchKey(this.#key);
    if (!etagListed(this.#match, current.etag)) throw preconditionFailed("If-Match");
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
  }
}
