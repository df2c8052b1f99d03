/** What S3 and the network say, in the words of FTL. */
import {
  ConflictError,
  FtlError,
  IntegrityError,
  messageOf,
  NotFoundError,
  StorageError,
  type StorageErrorOptions,
  type StorageReason,
  UsageError,
} from "../core/errors.ts";
import { escapeControls } from "../core/foreign_text.ts";
import { denialHint, inS3sWords } from "./denials.ts";

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
function saidBy(error: unknown): string {
  const text = escapeControls(oneLine(messageOf(error)));
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
  "401": denied,
  "403": denied,
  AllAccessDisabled: denied,
  AccountProblem: refused("Ask AWS support about the account"),
  NotSignedUp: refused("Sign the account up for S3, or use another one's credentials"),
  OptInRequired: refused("Opt the account in, or use another one's credentials"),
  InvalidPayer: refused("Ask the bucket's owner about the account"),
  InvalidObjectState: (request, cause) =>
    failure(`${place(request)} is archived and cannot be read`, { request, error: cause }, {
      hint: "Restore it, and let no lifecycle rule archive what FTL keeps in the bucket",
    }),
  InvalidAccessKeyId: (request, cause) =>
    failure("S3 does not know the access key", { request, error: cause }, {
      reason: "unauthenticated",
      hint: "Check AWS_ACCESS_KEY_ID, AWS_PROFILE, or the instance's role",
    }),
  SignatureDoesNotMatch: (request, cause) =>
    failure("S3 refuses the signature: the secret key does not fit the access key", {
      request,
      error: cause,
    }, { reason: "unauthenticated", hint: "Check AWS_SECRET_ACCESS_KEY" }),
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  TokenRefreshRequired: expired,
  InvalidToken: (request, cause) =>
    failure("S3 refuses the session token", { request, error: cause }, {
      reason: "unauthenticated",
      hint: "Check that AWS_SESSION_TOKEN is of the same session as the keys, or log in again",
    }),
  RequestTimeTooSkewed: (request, cause) =>
    failure("S3 refuses requests from a clock that is more than 15 minutes off", {
      request,
      error: cause,
    }, { hint: "Set this machine's clock: timedatectl set-ntp true" }),
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
  return statusOf(error) > 0 ? answered(request, error) : unreachable(error, request);
}

/** Whether the bytes of an answer do not have the checksum that S3 gave with them. */
export function isDamaged(error: unknown): boolean {
  return messageOf(error).startsWith("Checksum mismatch");
}

/** A `StorageError` with all that S3's answer tells. */
function failure(
  message: string,
  { request, error }: { request: S3Request; error: unknown },
  options: StorageErrorOptions,
): StorageError {
  return new StorageError(message, {
    cause: error,
    action: request.action,
    code: s3Code(error),
    said: saidBy(error),
    requestId: (error as ServiceFailure).$metadata?.requestId,
    ...options,
  });
}

/** Statuses below 500 that ask for another try: RFC 9110, 15.5.9, and RFC 6585, section 4. */
const TRANSIENT: readonly number[] = [408, 429];

/** Codes that say that there is no room: of radosgw, MinIO and others. */
const FULL =
  /^(QuotaExceeded|XMinioStorageFull|XMinioAdminBucketQuotaExceeded|InsufficientStorage|507)$/;

/** Any other answer that is no success. */
function answered(request: S3Request, error: unknown): StorageError {
  const status = statusOf(error);
  const code = s3Code(error);
  const isUnsupported = code === "NotImplemented" || status === 501;
  const isFull = FULL.test(code);
  const isTransient = !isUnsupported && !isFull &&
    (status >= 500 || TRANSIENT.includes(status) || code === "RequestTimeout");
  const reason: StorageReason = isUnsupported
    ? "unsupported"
    : isFull
    ? "full"
    : isTransient
    ? "busy"
    : "other";
  const text = `S3 answered ${code} to ${request.action} on ${place(request)}: ${saidBy(error)}`;
  return failure(text, { request, error }, {
    reason,
    isTransient,
    hint: code.startsWith("KMS.")
      ? "Check the state of the KMS key that encrypts the bucket, and its policy"
      : isFull
      ? "Make room in the store: ftl purge --master --keep <n> <package>, or raise its quota"
      : isTransient
      ? SLOW_HINT
      : undefined,
  });
}

function denied(request: S3Request, error: unknown): FtlError {
  const said = saidBy(error);
  const text = `Access denied: ${request.action} on ${place(request)}${inS3sWords(said)}`;
  const allow = `Allow ${request.action} on ${arn(request)} to the credentials in use`;
  return failure(text, { request, error }, { reason: "denied", hint: denialHint(said) ?? allow });
}

/** What concerns the account and not a right: S3's sentence is the message. */
function refused(hint: string): Explain {
  return (request, error) => {
    const text = `S3 refuses the account, ${s3Code(error)}: ${saidBy(error)}`;
    return failure(text, { request, error }, { reason: "denied", hint });
  };
}

function expired(request: S3Request, error: unknown): FtlError {
  return failure("The AWS session has expired", { request, error }, {
    reason: "unauthenticated",
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
    reason: "unreachable",
    isTransient: true,
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
