/** Reads the fields of the errors that the SDK throws. */
import {
  type FtlErrorOptions,
  messageOf,
  StorageError,
  type StorageErrorOptions,
} from "../../errors.ts";
import { oneLine } from "../../foreign_text.ts";
import type { Proxy } from "../aws/proxy.ts";

/** The request that failed, so that the error can name it. */
export interface S3Request {
  /** The S3 action as IAM calls it, e.g. `s3:GetObject`. */
  readonly action: string;
  readonly bucket: string;
  readonly key?: string;
  /** The URL, `https://...`, of a store that is not AWS. */
  readonly endpoint: string | undefined;
  /** The proxy on the way to a URL. */
  readonly proxyOf?: (target: URL) => Proxy | undefined;
}

/** The fields of the SDK's exceptions that FTL reads: `ServiceException` of `@smithy/core`. */
interface ServiceFailure {
  readonly name?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  /** The answer itself. The names of its headers are in lower case. */
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** S3's error code, e.g. `NoSuchKey`. If the answer had no body, as with HEAD, its HTTP status. */
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

/** At most so many characters of S3's message are shown. */
const LONGEST_SENTENCE = 400;

/** S3's own message: one line, without control characters, with a limited length. */
export function saidBy(error: unknown): string {
  const text = oneLine(messageOf(error).replace(/\s+/g, " "));
  return text.length > LONGEST_SENTENCE ? `${text.slice(0, LONGEST_SENTENCE)}...` : text;
}

/**
 * Whether a write was refused because of its condition, or the end of an upload because the upload
 * is gone. The same request may have caused both, if it was retried after its first answer was
 * lost. So the caller must look at what is in the bucket now.
 */
export function mayHaveBeenDone(error: unknown): boolean {
  const code = s3Code(error);
  return code === "PreconditionFailed" || code === "ConditionalRequestConflict" ||
    code === "NoSuchUpload";
}

/** Whether the bytes of an answer do not match the checksum that S3 sent with them. */
export function isDamaged(error: unknown): boolean {
  return messageOf(error).startsWith("Checksum mismatch");
}

/** A `StorageError` with everything that S3's answer tells. */
export function failure(
  message: string,
  { request, error }: { request: S3Request; error: unknown },
  options: StorageErrorOptions,
): StorageError {
  return new StorageError(message, {
    ...from(error),
    action: request.action,
    code: s3Code(error),
    said: saidBy(error),
    ...options,
  });
}

/** What every error that is made from an answer tells about it. */
export function from(error: unknown): Pick<FtlErrorOptions, "cause" | "requestId"> {
  return { cause: error, requestId: (error as ServiceFailure).$metadata?.requestId };
}

/** The bucket's region. S3 tells it in a header of most answers, or in the message. */
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
