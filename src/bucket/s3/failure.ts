/** What the SDK throws over an answer of S3, and what can be read from it. */
import { messageOf, StorageError, type StorageErrorOptions } from "../../errors.ts";
import { oneLine } from "../../foreign_text.ts";
import type { Proxy } from "../aws/proxy.ts";

/** What was asked for, so that the error can name it. */
export interface S3Request {
  /** The S3 action as IAM calls it, e.g. `s3:GetObject`. */
  readonly action: string;
  readonly bucket: string;
  readonly key?: string;
  /** `https://...` of a store that is not AWS. */
  readonly endpoint: string | undefined;
  /** The proxy on the way to a URL. */
  readonly proxyOf?: (target: URL) => Proxy | undefined;
}

/** The fields of the SDK's exceptions that FTL reads: `ServiceException` of `@smithy/core`. */
interface ServiceFailure {
  readonly name?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  /** The answer itself, with its headers in lower case. */
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** S3's error code, e.g. `NoSuchKey`; a bare status where the answer had no body, as to HEAD. */
export function s3Code(error: unknown): string {
  const failure = error as ServiceFailure;
  const status = statusOf(error);
  if (status === 412) return "PreconditionFailed";
  const name = failure.name ?? "";
  return /^(Error|TypeError|Unknown|UnknownError|S3ServiceException)$/.test(name) && status > 0
    ? String(status)
    : name;
}

export function statusOf(error: unknown): number {
  return (error as ServiceFailure).$metadata?.httpStatusCode ?? 0;
}

/** Characters of S3's sentences that are shown. */
const LONGEST_SENTENCE = 400;

/** S3's own sentence: on one line, without what a terminal would obey, bounded. */
export function saidBy(error: unknown): string {
  const text = oneLine(messageOf(error).replace(/\s+/g, " "));
  return text.length > LONGEST_SENTENCE ? `${text.slice(0, LONGEST_SENTENCE)}...` : text;
}

/**
 * Whether a write was refused over its condition, or the end of an upload over the upload's being gone. Both
 * may be the work of the very same request, sent again after its first answer was lost: so what is there
 * now has the last word.
 */
export function mayHaveBeenDone(error: unknown): boolean {
  const code = s3Code(error);
  return code === "PreconditionFailed" || code === "ConditionalRequestConflict" ||
    code === "NoSuchUpload";
}

/** Whether the bytes of an answer do not have the checksum that S3 gave with them. */
export function isDamaged(error: unknown): boolean {
  return messageOf(error).startsWith("Checksum mismatch");
}

/** A `StorageError` with all that S3's answer tells. */
export function failure(
  message: string,
  { request, error }: { request: S3Request; error: unknown },
  options: StorageErrorOptions,
): StorageError {
  return new StorageError(message, {
    cause: error,
    action: request.action,
    code: s3Code(error),
    said: saidBy(error),
    ...options,
  });
}

export function requestIdOf(error: unknown): string | undefined {
  return (error as ServiceFailure).$metadata?.requestId;
}

/** Where S3 tells the bucket's region: a header of most answers, and in words. */
export function regionToldBy(error: unknown): string | undefined {
  const region = (error as ServiceFailure).$response?.headers?.["x-amz-bucket-region"] ??
    (error as { Region?: string }).Region ?? /expecting '([^']+)'/.exec(messageOf(error))?.[1];
  return region !== undefined && /^[a-z0-9-]{1,63}$/.test(region) ? region : undefined;
}

export function place({ bucket, key }: S3Request): string {
  return key === undefined ? `s3://${bucket}` : `s3://${bucket}/${key}`;
}

export function arn({ bucket, key }: S3Request): string {
  return key === undefined ? `arn:aws:s3:::${bucket}` : `arn:aws:s3:::${bucket}/*`;
}
