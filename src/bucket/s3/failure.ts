/** Reads what the errors of S3 say, beyond what the errors of all services do. */
import { messageOf, StorageError, type StorageErrorOptions } from "../../errors.ts";
import { codeOf, from, saidBy, type ServiceFailure } from "../aws/sdk_error.ts";
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

/**
 * Whether a write was refused because of its condition, or the end of an upload because the upload
 * is gone. The same request may have caused both, if it was retried after its first answer was
 * lost. So the caller must look at what is in the bucket now.
 */
export function mayHaveBeenDone(error: unknown): boolean {
  const code = codeOf(error);
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
    code: codeOf(error),
    said: saidBy(error),
    ...options,
  });
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
