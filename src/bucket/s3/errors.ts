/** Turns errors of S3 and the network into FTL's errors. */
import {
  ConflictError,
  FtlError,
  IntegrityError,
  messageOf,
  NotFoundError,
  StorageError,
  type StorageReason,
  UsageError,
} from "../../errors.ts";
import { denialHint, inS3sWords } from "./denials.ts";
import { unreachable } from "./network_errors.ts";
import { codeOf, from, saidBy, statusOf } from "../aws/sdk_error.ts";
import { arn, failure, isDamaged, place, regionToldBy, type S3Request } from "./failure.ts";

type Explain = (request: S3Request, error: unknown) => FtlError;

const SLOW_HINT = "Try again: nothing has changed";

const EXPLANATIONS: Readonly<Record<string, Explain>> = {
  NoSuchBucket: ({ bucket }, cause) =>
    new NotFoundError(`No such bucket: ${bucket}`, {
      ...from(cause),
      hint: "Check FTL_BUCKET, and AWS_ENDPOINT_URL_S3 if the store is not AWS",
    }),
  NoSuchKey: ({ bucket, key }, cause) =>
    new NotFoundError(`No such object: s3://${bucket}/${key}`, from(cause)),
  InvalidBucketName: ({ bucket }, cause) =>
    new UsageError(`FTL_BUCKET is not the name of a bucket: ${bucket}`, from(cause)),
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
      hint: "Restore it, and let no lifecycle rule archive FTL's objects in the bucket",
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
      hint: "Check that AWS_SESSION_TOKEN belongs to the same session as the keys, or log in again",
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
  TemporaryRedirect: redirected,
  "307": redirected,
};

/** The error for the user, made from any error of the SDK. An `FtlError` stays as it is. */
export function explainS3Error(error: unknown, request: S3Request): FtlError {
  if (error instanceof FtlError) return error;
  const explain = EXPLANATIONS[codeOf(error)];
  if (explain !== undefined) return explain(request, error);
  const message = messageOf(error);
  // The SDK gives this error no code.
  if (/region is missing/i.test(message)) {
    return new UsageError("AWS_REGION is not set", {
      ...from(error),
      hint: "export AWS_REGION=<the bucket's region>, as in eu-central-1",
    });
  }
  if (isDamaged(error)) {
    return new IntegrityError(`${place(request)} was damaged on its way from S3`, {
      ...from(error),
      hint: SLOW_HINT,
    });
  }
  const status = statusOf(error);
  if (status === 0) return unreachable(error, request);
  if (status < 300) return unreadable(request, error);
  // The answer to a HEAD request has no error code.
  const isElsewhere = codeOf(error) === "400" && regionToldBy(error) !== undefined;
  return isElsewhere ? wrongRegion(request, error) : answered(request, error);
}

/**
 * Statuses below 500 after which a retry may succeed: RFC 9110, 15.5.9, and RFC 6585, section 4.
 */
const TRANSIENT: readonly number[] = [408, 429];

/** Error codes for a full store, of radosgw, MinIO and others. */
const FULL =
  /^(QuotaExceeded|XMinioStorageFull|XMinioAdminBucketQuotaExceeded|InsufficientStorage|507)$/;

/** The error for any other answer that is not a success. */
function answered(request: S3Request, error: unknown): StorageError {
  const status = statusOf(error);
  const code = codeOf(error);
  const isUnsupported = code === "NotImplemented" || status === 501;
  const isFull = FULL.test(code);
  const retryable = !isUnsupported && !isFull &&
    (status >= 500 || TRANSIENT.includes(status) || code === "RequestTimeout");
  const reason: StorageReason = isUnsupported
    ? "unsupported"
    : isFull
    ? "full"
    : retryable
    ? "busy"
    : "other";
  const text = `S3 answered ${code} to ${request.action} on ${place(request)}: ${saidBy(error)}`;
  return failure(text, { request, error }, {
    reason,
    retryable,
    hint: code.startsWith("KMS.")
      ? "Check the state of the KMS key that encrypts the bucket, and its policy"
      : isFull
      ? "Make room in the store: ftl purge --master --keep <n> <package>, or raise its quota"
      : retryable
      ? SLOW_HINT
      : undefined,
  });
}

/** The error for a success that the SDK could not parse. */
function unreadable(request: S3Request, error: unknown): StorageError {
  const where = request.endpoint ?? "S3";
  const text = `${where} answered ${request.action} on ${place(request)} with something unreadable`;
  return failure(text, { request, error }, {
    reason: "not-s3",
    hint: "The store, or a proxy before it, does not answer as S3 does: --verbose shows more",
  });
}

function denied(request: S3Request, error: unknown): FtlError {
  const said = saidBy(error);
  const text = `Access denied: ${request.action} on ${place(request)}${inS3sWords(said)}`;
  const allow = `Allow ${request.action} on ${arn(request)} to the credentials in use`;
  return failure(text, { request, error }, { reason: "denied", hint: denialHint(said) ?? allow });
}

/**
 * The error for a problem of the account, not of a right. Its message contains S3's own message.
 */
function refused(hint: string): Explain {
  return (request, error) => {
    const text = `S3 refuses the account, ${codeOf(error)}: ${saidBy(error)}`;
    return failure(text, { request, error }, { reason: "denied", hint });
  };
}

function expired(request: S3Request, error: unknown): FtlError {
  return failure("The AWS session has expired", { request, error }, {
    reason: "unauthenticated",
    hint: "Log in again, or renew AWS_SESSION_TOKEN",
  });
}

function wrongRegion({ bucket, endpoint }: S3Request, cause: unknown): FtlError {
  const region = regionToldBy(cause);
  if (region !== undefined) {
    return new UsageError(`The bucket ${bucket} is in another region, ${region}`, {
      ...from(cause),
      hint: `export AWS_REGION=${region}${
        endpoint === undefined ? "" : ", and see that AWS_ENDPOINT_URL_S3 is that region's"
      }`,
    });
  }
  return new UsageError(`The bucket ${bucket} is in another region`, {
    ...from(cause),
    hint: "Set AWS_REGION to the bucket's region",
  });
}

/** The error for a redirect. A new bucket causes it until DNS knows the bucket everywhere. */
function redirected(request: S3Request, error: unknown): FtlError {
  if (regionToldBy(error) !== undefined) return wrongRegion(request, error);
  const text = `S3 sends requests for the bucket ${request.bucket} on to another host for now`;
  return failure(text, { request, error }, {
    reason: "busy",
    hint: "Check AWS_REGION; if the bucket is new, try again in an hour",
  });
}

function lostRace(request: S3Request, cause: unknown): FtlError {
  return new ConflictError(`${place(request)} was changed by somebody else meanwhile`, from(cause));
}

function damaged(request: S3Request, cause: unknown): FtlError {
  return new IntegrityError(`${place(request)} was damaged on its way to S3`, {
    ...from(cause),
    hint: "Nothing was stored: try again",
  });
}
