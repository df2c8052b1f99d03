/** What S3 and the network say, in the words of FTL. */
import {
  ConflictError,
  FtlError,
  IntegrityError,
  messageOf,
  NotFoundError,
  StorageError,
  UsageError,
} from "../core/errors.ts";

/** What was asked for, so that the error can name it. */
export interface S3Request {
  /** The S3 action as IAM calls it, e.g. `s3:GetObject`. */
  readonly action: string;
  readonly bucket: string;
  readonly key?: string;
  /** `https://...` of a store that is not AWS. */
  readonly endpoint: string | undefined;
}

/** The fields of the SDK's exceptions that FTL reads: `ServiceException` of `@smithy/core`. */
interface ServiceFailure {
  readonly name?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
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

type Explain = (request: S3Request, error: unknown) => FtlError;

const SLOW_HINT = "Try again: nothing has changed";

const EXPLANATIONS: Readonly<Record<string, Explain>> = {
  NoSuchBucket: ({ bucket }, cause) =>
    new NotFoundError(`No such bucket: ${bucket}`, {
      cause,
      hint: "Check FTL_BUCKET, and AWS_ENDPOINT_URL_S3 where the store is not AWS",
    }),
  NoSuchKey: ({ bucket, key }, cause) =>
    new NotFoundError(`No such object: s3://${bucket}/${key}`, { cause }),
  InvalidBucketName: ({ bucket }, cause) =>
    new UsageError(`FTL_BUCKET is not the name of a bucket: ${bucket}`, { cause }),
  AccessDenied: denied,
  "403": denied,
  AllAccessDisabled: denied,
  InvalidAccessKeyId: (_request, cause) =>
    new StorageError("S3 does not know the access key", {
      cause,
      hint: "Check AWS_ACCESS_KEY_ID, AWS_PROFILE, or the instance's role",
    }),
  SignatureDoesNotMatch: (_request, cause) =>
    new StorageError("S3 refuses the signature: the secret key does not fit the access key", {
      cause,
      hint: "Check AWS_SECRET_ACCESS_KEY",
    }),
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  TokenRefreshRequired: expired,
  InvalidToken: expired,
  RequestTimeTooSkewed: (_request, cause) =>
    new StorageError("S3 refuses requests from a clock that is more than 15 minutes off", {
      cause,
      hint: "Set this machine's clock: timedatectl set-ntp true",
    }),
  PreconditionFailed: lostRace,
  ConditionalRequestConflict: lostRace,
  OperationAborted: lostRace,
  BadDigest: damaged,
  InvalidDigest: damaged,
  XAmzContentSHA256Mismatch: damaged,
  XAmzContentChecksumMismatch: damaged,
  PermanentRedirect: wrongRegion,
  AuthorizationHeaderMalformed: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  "301": wrongRegion,
  CredentialsProviderError: (_request, cause) =>
    new UsageError("No AWS credentials found", {
      cause,
      hint:
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the instance a role",
    }),
};

/** The error that the user sees for whatever the SDK threw; an `FtlError` stays what it is. */
export function explainS3Error(error: unknown, request: S3Request): FtlError {
  if (error instanceof FtlError) return error;
  const explain = EXPLANATIONS[s3Code(error)];
  if (explain !== undefined) return explain(request, error);
  const message = messageOf(error);
  if (/region is missing/i.test(message)) {
    return new UsageError("AWS_REGION is not set", {
      cause: error,
      hint: "export AWS_REGION=<the bucket's region>, as in eu-central-1",
    });
  }
  if (isDamaged(error)) {
    return new IntegrityError(`${place(request)} was damaged on its way from S3`, {
      cause: error,
      hint: SLOW_HINT,
    });
  }
  const status = statusOf(error);
  if (status > 0) {
    return new StorageError(
      `S3 answered ${s3Code(error)} to ${request.action} on ${place(request)}: ${oneLine(message)}`,
      { cause: error, hint: status >= 500 ? SLOW_HINT : undefined },
    );
  }
  return unreachable(error, request);
}

/** Whether the bytes of an answer do not have the checksum that S3 gave with them. */
export function isDamaged(error: unknown): boolean {
  return messageOf(error).startsWith("Checksum mismatch");
}

function denied(request: S3Request, cause: unknown): FtlError {
  return new StorageError(`Access denied: ${request.action} on ${place(request)}`, {
    cause,
    hint: `Allow ${request.action} on ${arn(request)} to the credentials in use`,
  });
}

function expired(_request: S3Request, cause: unknown): FtlError {
  return new StorageError("The AWS session has expired", {
    cause,
    hint: "Log in again, or renew AWS_SESSION_TOKEN",
  });
}

function lostRace(request: S3Request, cause: unknown): FtlError {
  return new ConflictError(`${place(request)} was changed by somebody else meanwhile`, { cause });
}

function damaged(request: S3Request, cause: unknown): FtlError {
  return new IntegrityError(`${place(request)} was damaged on its way to S3`, {
    cause,
    hint: "Nothing was stored: try again",
  });
}

function wrongRegion({ bucket }: S3Request, cause: unknown): FtlError {
  const region = /expecting '([a-z0-9-]+)'/.exec(messageOf(cause))?.[1];
  return new UsageError(`The bucket ${bucket} is in another region`, {
    cause,
    hint: `Set AWS_REGION to ${region ?? "the bucket's region"}`,
  });
}

function unreachable(error: unknown, { endpoint, bucket }: S3Request): FtlError {
  const where = endpoint ?? `the bucket ${bucket}`;
  return new StorageError(`Cannot reach S3 at ${where}: ${networkReason(error)}`, {
    cause: error,
    hint: endpoint === undefined
      ? "Check the network, the DNS and AWS_REGION"
      : "Check AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL, and that the store is running",
  });
}

/** The last cause in a chain is what the system said; the outer ones repeat the URL. */
function networkReason(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  const text = oneLine(messageOf(innermost));
  if (/Connection refused/i.test(text)) return "connection refused";
  if (/dns error|failed to lookup/i.test(text)) return "the name does not resolve";
  if (/timed? ?out|not complete within/i.test(text)) return "no answer in time";
  if (/reset|closed before|UnexpectedEof|reading a body/i.test(text)) return "the connection broke";
  if (/certificate|tls/i.test(text)) return `TLS: ${text}`;
  return text;
}

function place({ bucket, key }: S3Request): string {
  return key === undefined ? `s3://${bucket}` : `s3://${bucket}/${key}`;
}

function arn({ bucket, key }: S3Request): string {
  return key === undefined ? `arn:aws:s3:::${bucket}` : `arn:aws:s3:::${bucket}/*`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
